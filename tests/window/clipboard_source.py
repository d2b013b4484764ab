"""A program that copied files, as a file manager does: `clipboard_source.py URI...`. It says `copied` when they lie in
the clipboard, and `given` each time somebody asked for them."""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk


def say(words):
    print(words, flush=True)


def given(_widget, data, *_):
    data.set_uris(addresses)
    say("given")


addresses = sys.argv[1:]
window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.realize()
Gtk.selection_add_target(window, Gdk.SELECTION_CLIPBOARD, Gdk.Atom.intern("text/uri-list", False), 0)
window.connect("selection-get", given)
if Gtk.selection_owner_set(window, Gdk.SELECTION_CLIPBOARD, Gdk.CURRENT_TIME):
    say("copied")
Gtk.main()
