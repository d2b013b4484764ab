"""The part of a system that knows of sleep and of sessions, on a bus of its own: does what it is told on standard input.

`sleep`, `wake` and `lock` send the signals that the real one sends; `held` says how many programs ask it to wait with
its sleep. Whoever asks for that is told of as `waits`."""

import os
import select
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib

PATH = "/org/freedesktop/login1"
NAME = "org.freedesktop.login1"
INTERFACE = f"""
<node><interface name="{NAME}.Manager"><method name="Inhibit">
  <arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="h" direction="out"/>
</method></interface></node>
"""

flags = Gio.DBusConnectionFlags
bus = Gio.DBusConnection.new_for_address_sync(
    sys.argv[1], flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None
)
inhibitors = []


def say(text):
    print(text, flush=True)


def inhibit(_bus, _sender, _path, _interface, _method, _arguments, invocation):
    """Hands out one end of a pipe, as the real one does: the other end shows when it is let go."""
    mine, theirs = os.pipe()
    inhibitors.append(mine)
    descriptors = Gio.UnixFDList.new()
    index = descriptors.append(theirs)
    os.close(theirs)
    invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (index,)), descriptors)
    say("waits")


def emit(path, interface, signal, arguments):
    bus.emit_signal(None, path, f"{NAME}.{interface}", signal, arguments)


def obey(_channel, _condition):
    word = sys.stdin.readline().strip()
    if word == "sleep" or word == "wake":
        emit(PATH, "Manager", "PrepareForSleep", GLib.Variant("(b)", (word == "sleep",)))
    elif word == "lock":
        emit(f"{PATH}/session/_31", "Session", "Lock", None)
    elif word == "held":
        held = [end for end in inhibitors if not select.select([end], [], [], 0)[0]]
        say(f"held {len(held)}")
    else:
        sys.exit()
    return True


bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], inhibit, None, None)
Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: say("ready"), None)
GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.IOCondition.IN | GLib.IOCondition.HUP, obey)
GLib.MainLoop().run()
