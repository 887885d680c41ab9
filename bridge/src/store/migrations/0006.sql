-- Invitations that may be used, and pairings that wait for two people, outlive the run of a gateway.
DELETE FROM account WHERE name IN (SELECT account FROM invited);
DROP TABLE invited;
CREATE TABLE invitation (
    account  TEXT PRIMARY KEY, -- by which its bearer comes to our broker, if it leads there
    code     TEXT NOT NULL,
    until    INTEGER NOT NULL, -- milliseconds since 1970
    home     TEXT, -- who has used it
    identity TEXT, -- its public key, a JSON Web Key
    done     BLOB -- what is said again to it
) STRICT;
CREATE TABLE pairing (
    home     TEXT PRIMARY KEY,
    identity TEXT NOT NULL, -- its public key, a JSON Web Key
    number   TEXT NOT NULL, -- that both owners are to see
    until    INTEGER NOT NULL, -- milliseconds since 1970
    attempts INTEGER NOT NULL, -- how often a wrong number was given
    side     TEXT NOT NULL, -- host or guest
    account  TEXT NOT NULL, -- of the invitation
    code     TEXT NOT NULL
) STRICT;

-- By which account a peer comes until it has taken its own.
ALTER TABLE peer ADD COLUMN invited TEXT;
-- To which peers others' words are passed on is for the configuration to say.
ALTER TABLE peer DROP COLUMN transit;
