"""A desktop notification server that shows nothing: each Notify becomes one line of JSON on stdout.

Usage: notification-server.py CAPABILITY...     The first line is "ready".
What a person would do is done through im.test.Person: Press(id, key), where `default` is a click on the note itself.
"""
import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"
PERSON = "im.test.Person"


class Server(dbus.service.Object):
    last = 0

    @dbus.service.method(NAME, in_signature="", out_signature="as")
    def GetCapabilities(self):
        return dbus.Array(sys.argv[1:], signature="s")

    @dbus.service.method(NAME, in_signature="", out_signature="ssss")
    def GetServerInformation(self):
        return ("recorder", "im", "1", "1.2")

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, expires):
        self.last += 1
        urgency = int(hints.get("urgency", 1))
        say({"id": self.last, "app": app, "summary": summary, "body": body, "urgency": urgency, "actions": actions})
        return dbus.UInt32(self.last)

    @dbus.service.method(NAME, in_signature="u", out_signature="")
    def CloseNotification(self, note):
        say({"closed": int(note)})
        self.NotificationClosed(note, 3)

    @dbus.service.method(PERSON, in_signature="us", out_signature="")
    def Press(self, note, key):
        self.ActionInvoked(note, key)
        self.NotificationClosed(note, 2)

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, note, key):
        pass

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, note, reason):
        pass


def say(line):
    print(json.dumps(line), flush=True)


DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
name = dbus.service.BusName(NAME, bus)
server = Server(bus, "/org/freedesktop/Notifications")
print("ready", flush=True)
GLib.MainLoop().run()
