-- What the rights of a session's account are narrowed to, as by a token; nothing if they are not.
ALTER TABLE session ADD COLUMN bounds BLOB; -- grants in CBOR
