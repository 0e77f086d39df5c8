-- What the app's database user may do, and not do: change the schema or the history. `make migrate` runs this after the
-- migrations, as their owner, if MIGRATION_DATABASE_URL names one; :app is the user of DATABASE_URL.

REVOKE CREATE ON SCHEMA public FROM PUBLIC, :app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :app;
GRANT USAGE ON SCHEMA public TO :app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM :app;
-- Events are marked as published, and erased (docs/design/erasure.md), which the trigger tells from being changed.
REVOKE UPDATE, DELETE ON eventos FROM :app;
GRANT UPDATE (publicado_en, message_id, payload, valores) ON eventos TO :app;

CREATE OR REPLACE FUNCTION refuse_changed_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What is left must have been there; the owner's migrations may do more.
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') AND NOT (
        jsonb_strip_nulls(NEW.payload::jsonb) <@ OLD.payload::jsonb AND coalesce(NEW.valores <@ OLD.valores, NEW.valores IS NULL)
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the history only loses people who are to be forgotten';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER history_only_loses BEFORE UPDATE OF payload, valores ON eventos
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_history();
