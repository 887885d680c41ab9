-- One row: what concerns the gateway as a whole.
CREATE TABLE meta (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch      INTEGER NOT NULL, -- starts so far
    floor      INTEGER NOT NULL, -- no property that is not in device_values has been told with a higher version
    clean      INTEGER NOT NULL, -- 1: the last stop wrote everything
    generation INTEGER NOT NULL  -- the last one given to an account
) STRICT;
INSERT INTO meta VALUES (1, 0, 0, 1, 0);

-- What all devices of one model can do, in CBOR.
CREATE TABLE shape (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE device (
    id      INTEGER PRIMARY KEY,
    cluster TEXT NOT NULL,
    uid     TEXT NOT NULL,
    device  TEXT NOT NULL, -- its id in topics
    shape   INTEGER NOT NULL REFERENCES shape,
    body    BLOB NOT NULL, -- the rest of it, in CBOR
    UNIQUE (cluster, uid)
) STRICT;

CREATE TABLE device_values (
    device INTEGER PRIMARY KEY REFERENCES device ON DELETE CASCADE,
    top    INTEGER NOT NULL, -- the highest version among the values
    body   BLOB NOT NULL     -- all values, in CBOR
) STRICT;

CREATE TABLE subscription (
    sid  TEXT PRIMARY KEY,
    body BLOB NOT NULL -- in CBOR
) STRICT;

CREATE TABLE retained (
    topic   TEXT PRIMARY KEY,
    until   INTEGER, -- milliseconds since 1970; when it expires, if it does
    head    BLOB NOT NULL, -- QoS and properties, in CBOR
    payload BLOB NOT NULL
) STRICT;

-- What clusters on other brokers said of their devices last.
CREATE TABLE inventory (
    cluster TEXT NOT NULL,
    topic   TEXT NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (cluster, topic)
) STRICT;

CREATE TABLE account (
    name       TEXT PRIMARY KEY,
    password   TEXT NOT NULL, -- a PHC string
    role       TEXT,
    generation INTEGER NOT NULL -- another one with each password
) STRICT;

CREATE TABLE account_grant (
    account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
    scope   TEXT NOT NULL,
    actions TEXT NOT NULL, -- names, separated by commas
    safety  TEXT NOT NULL,
    until   INTEGER, -- milliseconds since 1970
    PRIMARY KEY (account, scope)
) STRICT;
