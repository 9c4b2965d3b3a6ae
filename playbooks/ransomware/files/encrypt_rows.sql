-- Encrypts values of a part of the rows as ransomware with the rights of the application would. It touches only a database that says itself that
-- it is staging. Variables: key (hexadecimal), share (rows of a hundred).
SET client_min_messages = warning;
SELECT 1 / (environment = 'staging')::int AS refuses_anything_else FROM identity \g /dev/null
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE FUNCTION pg_temp.locked(plain text, key text) RETURNS text LANGUAGE sql
    RETURN 'REPRISE-EXERCISE-RANSOMWARE-1:' || translate(encode(public.encrypt(convert_to(plain, 'UTF8'), decode(key, 'hex'), 'aes'), 'base64'), E'\n', '');
BEGIN;
UPDATE patients SET family_name = pg_temp.locked(family_name, :'key'), given_name = pg_temp.locked(given_name, :'key')
    WHERE id % 100 < :share AND family_name NOT LIKE 'REPRISE-EXERCISE-RANSOMWARE-1:%';
UPDATE stays SET reason = pg_temp.locked(reason, :'key')
    WHERE id % 100 < :share AND reason NOT LIKE 'REPRISE-EXERCISE-RANSOMWARE-1:%';
UPDATE results SET unit = pg_temp.locked(unit, :'key')
    WHERE id % 100 < :share AND unit NOT LIKE 'REPRISE-EXERCISE-RANSOMWARE-1:%';
UPDATE reprise.decoys SET content = pg_temp.locked(content, :'key')
    WHERE id * 5 % 100 < :share AND content NOT LIKE 'REPRISE-EXERCISE-RANSOMWARE-1:%';
COMMIT;
