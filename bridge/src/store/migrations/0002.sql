-- What outlives the connection of a client that asked for it.
CREATE TABLE session (
    key    INTEGER PRIMARY KEY,
    client TEXT NOT NULL,
    user   TEXT NOT NULL,
    expiry INTEGER NOT NULL, -- seconds
    will   BLOB -- in CBOR
) STRICT;

CREATE TABLE session_subscription (
    session INTEGER NOT NULL,
    filter  TEXT NOT NULL,
    options INTEGER NOT NULL, -- as in SUBSCRIBE; see MQTT 5.0, 3.8.3.1
    id      INTEGER,
    PRIMARY KEY (session, filter)
) STRICT, WITHOUT ROWID;

-- Messages that wait for clients, each once however many it waits for.
CREATE TABLE message (
    id      INTEGER PRIMARY KEY,
    topic   TEXT NOT NULL,
    until   INTEGER, -- milliseconds since 1970; when it expires, if it does
    head    BLOB NOT NULL, -- properties, in CBOR
    payload BLOB NOT NULL
) STRICT;

CREATE TABLE queued (
    session     INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    message     INTEGER NOT NULL,
    flags       INTEGER NOT NULL, -- QoS and retain, as in PUBLISH; see MQTT 5.0, 3.3.1
    packet_id   INTEGER,
    is_released INTEGER NOT NULL, -- 1: only the end of the exchange is owed
    filter      TEXT NOT NULL, -- the subscription that it is for, as in session_subscription
    options     INTEGER NOT NULL,
    id          INTEGER,
    PRIMARY KEY (session, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX queued_message ON queued (message);

CREATE TRIGGER message_settled AFTER DELETE ON queued
WHEN NOT EXISTS (SELECT 1 FROM queued WHERE message = OLD.message)
BEGIN
    DELETE FROM message WHERE id = OLD.message;
END;

-- Packet ids of messages of QoS 2 that clients have published and not released.
CREATE TABLE arrived (
    session   INTEGER NOT NULL,
    packet_id INTEGER NOT NULL,
    PRIMARY KEY (session, packet_id)
) STRICT, WITHOUT ROWID;
