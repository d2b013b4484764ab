"""A window that offers files for dragging, as a file manager does: `drag_source.py URI...`.

It says `ready` when it can be taken hold of, `dragging` when a drag began, `over a window` when another window has
answered to it (or has had two seconds to do so), and `let go` when the drag ended.
"""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk


def say(words):
    print(words, flush=True)


def began(_widget, context):
    say("dragging")
    looks = 0

    def look():
        nonlocal looks
        looks += 1
        answered = context.get_dest_window() is not None and context.get_selected_action() != 0
        if answered or looks == 100:
            say("over a window")
            return False
        return True

    GLib.timeout_add(20, look)


addresses = sys.argv[1:]
window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.move(0, 0)
window.set_default_size(60, 60)
handle = Gtk.EventBox()
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-begin", began)
handle.connect("drag-data-get", lambda _widget, _context, data, *_: data.set_uris(addresses))
handle.connect("drag-end", lambda *_: say("let go"))
window.connect("map-event", lambda *_: say("ready"))
window.add(handle)
window.show_all()
Gtk.main()
