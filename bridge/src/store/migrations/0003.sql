-- The client ids that an account may use; an account without any may use those that are nobody else's.
CREATE TABLE account_client (
    account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
    pattern TEXT NOT NULL, -- * stands for anything
    PRIMARY KEY (account, pattern)
) STRICT;

-- What an account may take of the broker; nothing means what the configuration says.
CREATE TABLE account_limit (
    account       TEXT PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    connections   INTEGER,
    messages      INTEGER, -- in a second, as bytes
    bytes         INTEGER,
    subscriptions INTEGER,
    inflight      INTEGER,
    queue_bytes   INTEGER
) STRICT;
