"""The tables; a change of them is a migration too. Times are UTC, money inside the JSON bodies is fen."""

from __future__ import annotations

import sqlalchemy as sa

from bot.db import UtcDateTime, metadata

# What each claim is now, for queries; written together with the events that say so.
claims = sa.Table(
    "claims",
    metadata,
    sa.Column("claim_id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("buyer_id", sa.String(128), nullable=False, index=True),
    sa.Column("order_id", sa.String(32), index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    # In small letters, what people search for: its number, the order's, the buyer's, the items.
    sa.Column("words", sa.String(500), nullable=False, server_default=""),
    # The pages of the counter, the latest first.
    sa.Index("ix_claims_state_opened", "state", "opened_at", "claim_id"),
    sa.Index("ix_claims_searched", "opened_at", "claim_id", "words"),
)

# Append-only. `kind` and `body` are an event of bot.claims.events.
claim_events = sa.Table(
    "claim_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    # Two writers that both saw version n cannot both write n + 1.
    sa.UniqueConstraint("claim_id", "version"),
    sa.Index("ix_claim_events_kind", "kind", "at"),
)

# A line of an order, or a part of it, is promised to one claim at a time: two claims at once cannot both settle it.
promised_lines = sa.Table(
    "promised_lines",
    metadata,
    sa.Column("order_id", sa.String(32), primary_key=True),
    sa.Column("sku", sa.String(128), primary_key=True),
    sa.Column("part", sa.String(255), primary_key=True),  # empty when whole units are missing
    sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), nullable=False, index=True),
)

# Which file is on which claim: the same picture sent for two of them is noticed.
evidence_files = sa.Table(
    "evidence_files",
    metadata,
    sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True, index=True),
)

# What was said, by everybody, through every door; numbered from 1 within a conversation, without gaps.
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("entry_id", sa.String(160), nullable=False),  # the sender's own, or ours
    sa.Column("author", sa.String(8), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("answer", sa.JSON(none_as_null=True)),  # on a buyer's entry, what the bot made of it; null until then
    sa.Column("failed", sa.String(64)),  # on a buyer's entry, the kind of error that it was answered with
    sa.Column("at", UtcDateTime, nullable=False),
    # Two writers that both saw number n cannot both write n + 1, and nothing is written twice.
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.UniqueConstraint("conversation_id", "entry_id"),
    sa.Index("ix_entries_at", "at", "id"),
)
_UNANSWERED = sa.and_(entries.c.author == "buyer", entries.c.answer.is_(None))
sa.Index("ix_unanswered", entries.c.conversation_id, sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)

# One row a conversation: whose it is, how many entries its log has, what the dialogue remembers, and which worker is
# answering in it right now. Whoever writes to the log changes this row first, so that its lock keeps the numbers whole.
conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("conversation_id", sa.String(128), primary_key=True),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("buyer_id", sa.String(128), index=True),  # null: nobody has vouched for anybody yet
    sa.Column("memory", sa.JSON(none_as_null=True)),
    sa.Column("lease", sa.String(32)),  # null: nobody is at it
    sa.Column("leased_until", UtcDateTime),
)

# Who may go on with a conversation of the web widget.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("secret_sha256", sa.String(64), primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, unique=True),
    sa.Column("buyer_id", sa.String(128), index=True),  # null: nobody vouched for anybody
    sa.Column("order_id", sa.String(64)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

# Conversations that a help desk of others shows: what the bot says is sent there, unasked too.
threads = sa.Table(
    "threads",
    metadata,
    sa.Column("conversation_id", sa.String(128), primary_key=True),
    sa.Column("door", sa.String(32), nullable=False),
    sa.Column("place", sa.String(100), nullable=False, index=True),  # the conversation as the desk knows it
    sa.Column("about", sa.JSON, nullable=False),  # what the door has to know of it
    sa.Column("buyer_id", sa.String(128)),  # null: nobody vouched for anybody
    sa.Column("sent", sa.Integer, nullable=False),  # up to which entry of the log all lies in the outbox
    sa.Column("is_open", sa.Boolean, nullable=False),  # do the desk's people have it, as far as is known or was sent?
    sa.Column("switched_at", UtcDateTime),  # when the desk was told so; null while that lies in the outbox
    sa.Column("ended_at", UtcDateTime),  # what is said there later is another conversation
)

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("claim_id", sa.String(32)),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("returned_at", UtcDateTime),
    sa.Column("urgency", sa.Integer, nullable=False, server_default="2"),  # 0 is first in the queue
    sa.Column("case_no", sa.String(32), nullable=False, server_default="", index=True),  # what the buyer was told
    sa.Column("taken_by", sa.String(64)),  # null: it waits for a person
    sa.Column("taken_at", UtcDateTime),
    sa.Column("offered_back_at", UtcDateTime),  # the buyer was asked whether the bot may go on, and has not said yes
    sa.Column("alarmed_at", UtcDateTime),  # nobody came in time, and the shop was told so
    sa.Index("ix_handoffs_queue", "returned_at", "urgency", "at", "id"),
)

# What is to be sent to others, in the order of its lane: a later one waits until the earlier ones are sent or given up.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(160), nullable=False, unique=True),  # the same thing is put here once
    sa.Column("kind", sa.String(32), nullable=False),  # who sends it
    sa.Column("lane", sa.String(200), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try", UtcDateTime, nullable=False),
    sa.Column("lease", sa.String(32)),  # null: nobody is at it
    sa.Column("leased_until", UtcDateTime),
    sa.Column("error", sa.String(200)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("done_at", UtcDateTime),
    sa.Column("their_id", sa.String(64)),  # what the other side calls it
    sa.Index("ix_outbox_due", "state", "next_try"),
    sa.Index("ix_outbox_lane", "lane", "state", "id"),
)

# What is switched while the bot runs, by command or at the counter.
switches = sa.Table(
    "switches",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("is_on", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("changed_by", sa.String(64), nullable=False),
)

# --- the shop's people, at the counter

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("role", sa.String(8), nullable=False),
    sa.Column("password", sa.String(255)),  # argon2's own form; null until the link has been used
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
)

# Each sets a password once: the first one of an account, or a new one.
account_links = sa.Table(
    "account_links",
    metadata,
    sa.Column("secret_sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(32), sa.ForeignKey("accounts.name"), nullable=False, index=True),
    sa.Column("until", UtcDateTime, nullable=False),
)

# Who is logged in, and with which browser.
account_sessions = sa.Table(
    "account_sessions",
    metadata,
    sa.Column("secret_sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(32), sa.ForeignKey("accounts.name"), nullable=False, index=True),
    sa.Column("browser", sa.String(128), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

failed_logins = sa.Table(
    "failed_logins",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("peer", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
)

# Append-only: who of the shop's people did what. `about` is a conversation, a claim, an account.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(32), nullable=False),
    sa.Column("did", sa.String(32), nullable=False),
    sa.Column("about", sa.String(128), nullable=False, index=True),
    sa.Column("more", sa.JSON, nullable=False),
)

# --- who may call

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("key_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.JSON, nullable=False),  # a list of names
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

# What buyers thought of it. `message_id` is empty for a whole conversation.
ratings = sa.Table(
    "ratings",
    metadata,
    sa.Column("conversation_id", sa.String(128), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("comment", sa.String(1000), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

# Of signed requests that may come once; remembered as long as their date would still be good.
nonces = sa.Table(
    "nonces",
    metadata,
    sa.Column("nonce_sha256", sa.String(64), primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False, index=True),
)
