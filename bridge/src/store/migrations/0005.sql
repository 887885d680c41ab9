-- Other homes that there is trust with.
CREATE TABLE peer (
    home     TEXT PRIMARY KEY,
    identity TEXT NOT NULL, -- its public key, a JSON Web Key
    since    INTEGER NOT NULL, -- milliseconds since 1970
    transit  INTEGER NOT NULL, -- 1: what other homes tell is passed on to it
    account  TEXT UNIQUE, -- by which it comes to our broker, if it does
    url      TEXT, -- where we meet it, if that is not our broker
    user     TEXT, -- as whom we come there
    password TEXT -- ours there; or that of its account here, until it has been handed over
) STRICT;

-- Accounts of those who were invited, which end with the run of the gateway.
CREATE TABLE invited (
    account TEXT PRIMARY KEY
) STRICT;

-- What is still to be told to peers.
CREATE TABLE parcel (
    peer  TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    until INTEGER NOT NULL, -- milliseconds since 1970
    body  BLOB NOT NULL, -- in CBOR
    PRIMARY KEY (peer, seq)
) STRICT, WITHOUT ROWID;

-- How far the logs between here and peers have come.
CREATE TABLE log (
    peer   TEXT PRIMARY KEY,
    logged INTEGER NOT NULL, -- the highest number that was ever given to a parcel
    heard  INTEGER NOT NULL  -- up to here the peer's log has had its effect
) STRICT;

-- What other homes retain, as they told it last.
CREATE TABLE mirror (
    path TEXT PRIMARY KEY, -- the topic below the root
    peer TEXT NOT NULL, -- who told
    body BLOB NOT NULL -- in CBOR
) STRICT, WITHOUT ROWID;
CREATE INDEX mirror_peer ON mirror (peer);

CREATE TABLE federation (
    id   TEXT PRIMARY KEY,
    body BLOB NOT NULL -- in CBOR
) STRICT;
