"""The embedded PostgreSQL, behind one small interface so that it can be exchanged."""

from crm_service.embedded.locks import open_lock
from crm_service.embedded.server import DATABASE, OWNER, EmbeddedPostgres, FolderInUse

__all__ = ["DATABASE", "OWNER", "EmbeddedPostgres", "FolderInUse", "open_lock"]
