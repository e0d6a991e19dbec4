"""Calls, chats, meetings, orders, inquiries and notes; and when a person last had to do with us."""
