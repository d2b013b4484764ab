"""Keeps what a window shows as a PNG file: `picture.py WINDOW FILE`."""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkX11", "3.0")
from gi.repository import Gdk, GdkX11

window = GdkX11.X11Window.foreign_new_for_display(Gdk.Display.get_default(), int(sys.argv[1], 0))
picture = Gdk.pixbuf_get_from_window(window, 0, 0, window.get_width(), window.get_height())
picture.savev(sys.argv[2], "png", [], [])
