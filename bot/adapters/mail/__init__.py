"""Mail: forms as attachments through an office's mail server."""

from bot.adapters.mail.adapter import ACCOUNT, MailAdapter
from bot.adapters.mail.server import ADDRESS, Security, Server

__all__ = ["ACCOUNT", "ADDRESS", "MailAdapter", "Security", "Server"]
