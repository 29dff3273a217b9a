SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;

CREATE FUNCTION public.llmedger_erase(of_ledger bigint, positions bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
                UPDATE memos SET memo = NULL WHERE ledger = of_ledger AND position = ANY (positions)
            $$;

CREATE FUNCTION public.llmedger_erase_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.memo IS NOT NULL OR OLD.ledger <> NEW.ledger OR OLD.position <> NEW.position THEN
                RAISE EXCEPTION 'a memo can be erased, never rewritten' USING ERRCODE = 'LL001';
            END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION public.llmedger_head_grows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.size < OLD.size OR NEW.uuid <> OLD.uuid OR NEW.id <> OLD.id OR NEW.serial <> OLD.serial THEN
                RAISE EXCEPTION 'a head only grows' USING ERRCODE = 'LL001';
            END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION public.llmedger_refuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'LL001';
        END $$;

CREATE TABLE public.account_balances (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    scale smallint NOT NULL,
    debits numeric NOT NULL,
    credits numeric NOT NULL,
    transactions bigint NOT NULL
);

CREATE TABLE public.account_names (
    ledger bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    account bigint NOT NULL,
    "position" bigint
);

COMMENT ON COLUMN public.account_names.name IS 'a path, present or past, or #NUMBER';

COMMENT ON COLUMN public.account_names."position" IS 'of the record that gave it last; NULL: before this was kept';

CREATE TABLE public.account_totals (
    ledger bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    debits numeric NOT NULL,
    credits numeric NOT NULL
);

CREATE TABLE public.accounts (
    ledger bigint NOT NULL,
    account bigint NOT NULL,
    type text NOT NULL,
    normal text NOT NULL,
    status text NOT NULL,
    number text COLLATE pg_catalog."C",
    role text,
    currencies text NOT NULL,
    changed bigint NOT NULL,
    path_at bigint,
    label_at bigint,
    metadata_at bigint
);

COMMENT ON COLUMN public.accounts.currencies IS 'JSON list; empty: all';

COMMENT ON COLUMN public.accounts.changed IS 'position of the last record that changed the account';

COMMENT ON COLUMN public.accounts.path_at IS 'position of the record whose memo holds the path as it is now';

CREATE TABLE public.alembic_version_journal (
    version_num character varying(32) NOT NULL
);

CREATE TABLE public.alembic_version_projections (
    version_num character varying(32) NOT NULL
);

CREATE TABLE public.chart_accounts (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    path text COLLATE pg_catalog."C",
    number text COLLATE pg_catalog."C",
    label text,
    type text NOT NULL,
    normal text NOT NULL,
    role text,
    status text NOT NULL,
    currencies text NOT NULL,
    metadata text,
    changed bigint NOT NULL
);

COMMENT ON COLUMN public.chart_accounts.path IS 'NULL: erased';

COMMENT ON COLUMN public.chart_accounts.currencies IS 'JSON list; empty: all';

COMMENT ON COLUMN public.chart_accounts.metadata IS 'JSON object';

COMMENT ON COLUMN public.chart_accounts.changed IS 'position of the last record that changed the account';

CREATE TABLE public.checkpoints (
    ledger bigint NOT NULL,
    projection text NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    live boolean NOT NULL,
    applied bigint NOT NULL,
    blocked_position bigint,
    blocked_error text,
    failures integer DEFAULT 0 NOT NULL,
    retry_at bigint
);

COMMENT ON COLUMN public.checkpoints.applied IS 'the size that the rows reflect';

COMMENT ON COLUMN public.checkpoints.retry_at IS 'Unix seconds';

CREATE TABLE public.cosignatures (
    ledger bigint NOT NULL,
    size bigint NOT NULL,
    line text NOT NULL COLLATE pg_catalog."C",
    added_at bigint NOT NULL
);

COMMENT ON COLUMN public.cosignatures.added_at IS 'microseconds since 1970';

CREATE TABLE public.counters (
    ledger bigint NOT NULL,
    series text NOT NULL COLLATE pg_catalog."C",
    year integer NOT NULL,
    last bigint NOT NULL
);

CREATE TABLE public.currencies (
    ledger bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    scale smallint NOT NULL,
    CONSTRAINT currencies_scale_check CHECK (((scale >= 0) AND (scale <= 30)))
);

CREATE TABLE public.dashboard_accounts (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    path text COLLATE pg_catalog."C",
    label text,
    type text NOT NULL,
    role text COLLATE pg_catalog."C"
);

COMMENT ON COLUMN public.dashboard_accounts.path IS 'NULL: erased';

CREATE TABLE public.dashboard_bills (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    party text NOT NULL COLLATE pg_catalog."C",
    due date NOT NULL,
    basis text NOT NULL COLLATE pg_catalog."C",
    units numeric NOT NULL,
    open smallint
);

COMMENT ON COLUMN public.dashboard_bills.basis IS 'stated or dated';

COMMENT ON COLUMN public.dashboard_bills.units IS 'billed less settled by name, whatever the dates';

COMMENT ON COLUMN public.dashboard_bills.open IS '1 where units > 0, else NULL';

CREATE TABLE public.dashboard_days (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    date date NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    units numeric NOT NULL,
    closing numeric NOT NULL
);

COMMENT ON COLUMN public.dashboard_days.units IS 'debits less credits';

COMMENT ON COLUMN public.dashboard_days.closing IS 'of that, by transactions that close a year';

CREATE TABLE public.dashboard_dues (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    date date NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    party text NOT NULL COLLATE pg_catalog."C",
    due date NOT NULL,
    basis text NOT NULL COLLATE pg_catalog."C",
    units numeric NOT NULL
);

COMMENT ON COLUMN public.dashboard_dues.date IS 'of the transactions';

COMMENT ON COLUMN public.dashboard_dues.basis IS 'stated, dated or unnamed';

COMMENT ON COLUMN public.dashboard_dues.units IS 'credits less debits';

CREATE TABLE public.dashboard_months (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    month date NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    units numeric NOT NULL,
    closing numeric NOT NULL
);

COMMENT ON COLUMN public.dashboard_months.units IS 'debits less credits';

COMMENT ON COLUMN public.dashboard_months.closing IS 'of that, by transactions that close a year';

CREATE TABLE public.dashboard_parties (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    party text NOT NULL COLLATE pg_catalog."C",
    units numeric NOT NULL,
    billed boolean NOT NULL,
    open smallint
);

COMMENT ON COLUMN public.dashboard_parties.units IS 'owed, whatever the dates';

COMMENT ON COLUMN public.dashboard_parties.billed IS 'some line ever stated a due date';

COMMENT ON COLUMN public.dashboard_parties.open IS '1 where billed and units > 0, else NULL';

CREATE TABLE public.dashboard_sources (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    id uuid NOT NULL,
    date date NOT NULL,
    due date,
    party text COLLATE pg_catalog."C",
    apart text,
    reversal boolean NOT NULL
);

COMMENT ON COLUMN public.dashboard_sources.date IS 'of the transaction, or of the one at the root of its reversals';

COMMENT ON COLUMN public.dashboard_sources.due IS 'of that one''s document';

COMMENT ON COLUMN public.dashboard_sources.party IS 'of that one''s document';

COMMENT ON COLUMN public.dashboard_sources.apart IS 'JSON list of the accounts that due and party say nothing about; NULL: none';

COMMENT ON COLUMN public.dashboard_sources.reversal IS 'undoes the one at the root; reversed again, it does not';

CREATE TABLE public.dashboard_totals (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    scale smallint NOT NULL,
    units numeric NOT NULL
);

COMMENT ON COLUMN public.dashboard_totals.units IS 'debits less credits, whatever their dates';

CREATE TABLE public.erasures (
    ledger bigint NOT NULL,
    "position" bigint NOT NULL,
    erased_by bigint NOT NULL
);

COMMENT ON COLUMN public.erasures."position" IS 'of the record whose memo was erased';

CREATE TABLE public.history_accounts (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    scale smallint NOT NULL,
    movements bigint NOT NULL
);

CREATE TABLE public.history_blocks (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    level smallint NOT NULL,
    block bigint NOT NULL,
    date date NOT NULL,
    debits numeric NOT NULL,
    credits numeric NOT NULL
);

CREATE TABLE public.history_movements (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    ordinal bigint NOT NULL,
    date date NOT NULL,
    debits numeric NOT NULL,
    credits numeric NOT NULL
);

CREATE TABLE public.journal (
    ledger bigint NOT NULL,
    "position" bigint NOT NULL,
    id uuid NOT NULL,
    recorded_at bigint NOT NULL,
    record bytea NOT NULL,
    data bytea NOT NULL,
    CONSTRAINT journal_position_check CHECK (("position" >= 0))
);

COMMENT ON COLUMN public.journal.recorded_at IS 'microseconds since 1970';

CREATE TABLE public.keys (
    ledger bigint NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    first bigint NOT NULL,
    records integer NOT NULL
);

CREATE TABLE public.ledgers (
    serial bigint NOT NULL,
    uuid uuid NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    root bytea NOT NULL,
    recorded_at bigint NOT NULL,
    owner text NOT NULL COLLATE pg_catalog."C",
    currency text NOT NULL COLLATE pg_catalog."C",
    time_zone text NOT NULL,
    fiscal_year_start text NOT NULL,
    retention_years integer NOT NULL,
    name text,
    in_use boolean DEFAULT false NOT NULL,
    changed bigint NOT NULL
);

COMMENT ON COLUMN public.ledgers.recorded_at IS 'microseconds since 1970, of the last record';

COMMENT ON COLUMN public.ledgers.changed IS 'position of the last record that changed the settings';

CREATE SEQUENCE public.ledgers_serial_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ledgers_serial_seq OWNED BY public.ledgers.serial;

CREATE TABLE public.members (
    ledger bigint NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    role text,
    until bigint,
    changed bigint NOT NULL
);

COMMENT ON COLUMN public.members.role IS 'NULL: taken away';

COMMENT ON COLUMN public.members.until IS 'microseconds since 1970; NULL: for good';

COMMENT ON COLUMN public.members.changed IS 'position of the last record that changed the role';

CREATE TABLE public.memos (
    ledger bigint NOT NULL,
    "position" bigint NOT NULL,
    memo bytea
);

COMMENT ON COLUMN public.memos.memo IS 'NULL: erased';

CREATE TABLE public.opening_keys (
    user_id text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    uuid uuid NOT NULL
);

COMMENT ON COLUMN public.opening_keys.key IS 'the Idempotency-Key of a POST /ledgers';

COMMENT ON COLUMN public.opening_keys.uuid IS 'of the ledger that it opens';

CREATE TABLE public.register_lines (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    account bigint NOT NULL,
    date date NOT NULL,
    "position" bigint NOT NULL,
    line integer NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    scale smallint NOT NULL,
    units numeric NOT NULL,
    text text
);

CREATE TABLE public.register_metadata (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    date date NOT NULL,
    "position" bigint NOT NULL
);

CREATE TABLE public.register_transactions (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    "position" bigint NOT NULL,
    id uuid NOT NULL,
    date date NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    series text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    description text,
    payee text,
    reference text COLLATE pg_catalog."C",
    largest numeric NOT NULL,
    accounts text NOT NULL,
    accounts_more integer NOT NULL,
    text text NOT NULL
);

COMMENT ON COLUMN public.register_transactions.largest IS 'of the absolute amounts, brought to scale 30';

COMMENT ON COLUMN public.register_transactions.accounts IS 'JSON list of distinct ids in order of lines';

COMMENT ON COLUMN public.register_transactions.accounts_more IS 'how many accounts are not in that list';

COMMENT ON COLUMN public.register_transactions.text IS 'what a search looks at, folded';

CREATE TABLE public.reversals (
    ledger bigint NOT NULL,
    "position" bigint NOT NULL,
    reversed_by bigint NOT NULL
);

COMMENT ON COLUMN public.reversals."position" IS 'the transaction that was reversed';

CREATE TABLE public.session (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    expires_at bigint NOT NULL
);

COMMENT ON COLUMN public.session.id IS 'lower-case hex SHA-256 of the token';

COMMENT ON COLUMN public.session.expires_at IS 'Unix seconds';

CREATE TABLE public.signed_checkpoints (
    ledger bigint NOT NULL,
    size bigint NOT NULL,
    note text NOT NULL,
    vkey text NOT NULL,
    signed_at bigint NOT NULL
);

COMMENT ON COLUMN public.signed_checkpoints.vkey IS 'of the key that signed it';

COMMENT ON COLUMN public.signed_checkpoints.signed_at IS 'microseconds since 1970';

CREATE TABLE public.signing (
    ledger bigint NOT NULL,
    refused text
);

COMMENT ON COLUMN public.signing.refused IS 'why the head cannot be signed; NULL: it can';

CREATE TABLE public.tiles (
    ledger bigint NOT NULL,
    generation bigint NOT NULL,
    level smallint NOT NULL,
    tile bigint NOT NULL,
    hashes bytea NOT NULL
);
ALTER TABLE ONLY public.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE public.tokens (
    id uuid NOT NULL,
    token_sha256 text NOT NULL COLLATE pg_catalog."C",
    ledger uuid NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    role text NOT NULL,
    created_at bigint NOT NULL,
    until bigint,
    revoked_at bigint
);

COMMENT ON COLUMN public.tokens.created_at IS 'microseconds since 1970';

COMMENT ON COLUMN public.tokens.until IS 'microseconds since 1970; NULL: for good';

COMMENT ON COLUMN public.tokens.revoked_at IS 'microseconds since 1970';

CREATE TABLE public."user" (
    id text NOT NULL COLLATE pg_catalog."C",
    age integer,
    username text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL
);

ALTER TABLE ONLY public.ledgers ALTER COLUMN serial SET DEFAULT nextval('public.ledgers_serial_seq'::regclass);

INSERT INTO public.account_balances VALUES
	(1, 1, 16, 'EUR', 2, 0, 835000, 1),
	(1, 1, 16, 'USD', 2, 0, 40000, 1),
	(1, 1, 14, 'EUR', 2, 0, 31848, 6),
	(1, 1, 13, 'EUR', 2, 57000, 118550, 6),
	(1, 1, 24, 'EUR', 2, 9000, 9000, 2),
	(1, 1, 23, 'EUR', 2, 120000, 30000, 5),
	(1, 1, 18, 'EUR', 2, 10000, 0, 1),
	(1, 1, 15, 'PTS', 3, 99999999999999999999999, 1250125, 2),
	(1, 1, 22, 'PTS', 3, 1250125, 99999999999999999999999, 2),
	(1, 1, 12, 'EUR', 2, 7525, 0, 1),
	(1, 1, 25, 'EUR', 2, 12000, 0, 1),
	(1, 1, 26, 'EUR', 2, 0, 12000, 1),
	(1, 1, 11, 'EUR', 2, 96000, 0, 1),
	(1, 1, 8, 'EUR', 2, 1380800, 277315, 17),
	(1, 1, 9, 'USD', 2, 51440, 0, 3),
	(1, 1, 18, 'USD', 2, 0, 11440, 2),
	(1, 1, 19, 'EUR', 2, 400000, 530800, 7),
	(1, 1, 22, 'EUR', 2, 112865, 59500, 5),
	(1, 1, 17, 'EUR', 2, 0, 348025, 1),
	(1, 1, 7, 'EUR', 2, 589498, 530800, 15),
	(1, 1, 20, 'EUR', 2, 0, 4150, 1),
	(1, 1, 82, 'EUR', 2, 0, 7700, 1),
	(2, 1, 10, 'USD', 2, 0, 90000, 1),
	(2, 1, 13, 'USD', 2, 0, 555000, 3),
	(2, 1, 17, 'USD', 2, 210000, 0, 3),
	(2, 1, 15, 'USD', 2, 735, 0, 3),
	(2, 1, 6, 'USD', 2, 345, 735, 4),
	(2, 1, 1, 'USD', 2, 6000, 0, 1),
	(2, 1, 2, 'USD', 2, 645000, 216345, 9);

INSERT INTO public.account_names VALUES
	(1, '#1000', 7, 7),
	(1, 'Assets:Bank', 8, 8),
	(1, 'Income:Tea', 19, 19),
	(1, 'Expenses:Rent', 23, 23),
	(1, 'Income:Rounding', 21, 21),
	(1, 'Expenses:Repairs', 24, 24),
	(1, 'Liabilities:Gift cards', 15, 15),
	(1, '#5200', 24, 24),
	(1, '#1210', 9, 9),
	(1, '#5100', 23, 23),
	(1, 'Expenses:Goods', 22, 22),
	(1, '#2100', 14, 14),
	(1, 'Liabilities:VAT', 14, 14),
	(1, '#1600', 12, 12),
	(1, '#4000', 19, 19),
	(1, '#2200', 15, 15),
	(1, 'Assets:Receivable', 10, 10),
	(1, 'Liabilities:Payable', 13, 13),
	(1, 'Wear', 25, 25),
	(1, '#1300', 10, 10),
	(1, '#5000', 22, 22),
	(1, 'Assets:Stock', 12, 12),
	(1, '#2000', 13, 13),
	(1, 'Assets:Equipment:Depreciation', 26, 26),
	(1, 'Assets:Dollars', 9, 9),
	(1, '#3200', 18, 18),
	(1, 'Assets:Equipment', 11, 11),
	(1, '#5300', 25, 25),
	(1, '#3100', 17, 17),
	(1, 'Equity:Retained', 17, 17),
	(1, 'Equity:Exchange', 18, 18),
	(1, '#3000', 16, 16),
	(1, 'Assets:Cash', 7, 7),
	(1, '#1200', 8, 8),
	(1, '#1500', 11, 11),
	(1, '#4100', 20, 20),
	(1, 'Equity:Opening', 16, 16),
	(1, '#1610', 12, 58),
	(1, 'Assets:Stores', 12, 58),
	(1, 'Income:Sweets', 20, 59),
	(1, 'Income:Market:Buns', 82, 82),
	(2, 'Income:Interest', 12, 12),
	(2, 'Expenses:Home:Furnishing', 20, 20),
	(2, 'Expenses:Travel', 28, 28),
	(2, 'Income:Salary', 11, 11),
	(2, 'Expenses:Gifts and Donations', 32, 32),
	(2, 'Expenses:Leisure', 27, 27),
	(2, 'Expenses:Health', 23, 23),
	(2, 'Assets:Lent to Others', 5, 5),
	(2, 'Income:Other Income', 14, 14),
	(2, 'Liabilities:Bills to Pay', 6, 6),
	(2, 'Income:Gifts Received', 13, 13),
	(2, 'Expenses:Taxes', 33, 33),
	(2, 'Equity:Opening Balances', 9, 9),
	(2, 'Expenses:Subscriptions', 29, 29),
	(2, 'Expenses:Children', 31, 31),
	(2, 'Liabilities:Loans', 8, 8),
	(2, 'Expenses:Bank Fees', 34, 34),
	(2, 'Expenses:Other Expenses', 35, 35),
	(2, 'Expenses:Getting Around:Public Transport', 21, 21),
	(2, 'Expenses:Shopping', 26, 26),
	(2, 'Liabilities:Credit Card', 7, 7),
	(2, 'Assets:Savings Account', 3, 3),
	(2, 'Assets:Checking Account', 2, 2),
	(2, 'Expenses:Groceries', 15, 15),
	(2, 'Expenses:Education', 30, 30),
	(2, 'Expenses:Eating Out', 16, 16),
	(2, 'Assets:Cash', 1, 1),
	(2, 'Expenses:Getting Around:Car', 22, 22),
	(2, 'Expenses:Home:Energy and Water', 18, 18),
	(2, 'Expenses:Insurance', 24, 24),
	(2, 'Expenses:Clothing', 25, 25),
	(2, 'Expenses:Home:Rent', 17, 17),
	(2, 'Assets:Investments', 4, 4),
	(2, 'Expenses:Home:Internet and Phone', 19, 19),
	(2, 'Equity:Accumulated Savings', 10, 10);

INSERT INTO public.account_totals VALUES
	(1, 16, 'USD', 0, 40000),
	(1, 16, 'EUR', 0, 835000),
	(1, 14, 'EUR', 0, 31848),
	(1, 24, 'EUR', 9000, 9000),
	(1, 13, 'EUR', 57000, 118550),
	(1, 23, 'EUR', 120000, 30000),
	(1, 18, 'EUR', 10000, 0),
	(1, 22, 'PTS', 1250125, 99999999999999999999999),
	(1, 15, 'PTS', 99999999999999999999999, 1250125),
	(1, 12, 'EUR', 7525, 0),
	(1, 25, 'EUR', 12000, 0),
	(1, 26, 'EUR', 0, 12000),
	(1, 8, 'EUR', 1380800, 277315),
	(1, 11, 'EUR', 96000, 0),
	(1, 9, 'USD', 51440, 0),
	(1, 18, 'USD', 0, 11440),
	(1, 19, 'EUR', 400000, 530800),
	(1, 22, 'EUR', 112865, 59500),
	(1, 17, 'EUR', 0, 348025),
	(1, 82, 'EUR', 0, 7700),
	(1, 20, 'EUR', 0, 4150),
	(1, 7, 'EUR', 589498, 530800),
	(2, 10, 'USD', 0, 90000),
	(2, 13, 'USD', 0, 555000),
	(2, 17, 'USD', 210000, 0),
	(2, 15, 'USD', 735, 0),
	(2, 6, 'USD', 345, 735),
	(2, 1, 'USD', 6000, 0),
	(2, 2, 'USD', 645000, 216345);

INSERT INTO public.accounts VALUES
	(1, 7, 'asset', 'debit', 'open', '1000', 'cash', '[]', 7, 7, 7, NULL),
	(1, 9, 'asset', 'debit', 'open', '1210', 'bank', '["USD"]', 9, 9, NULL, NULL),
	(1, 11, 'asset', 'debit', 'open', '1500', NULL, '[]', 11, 11, NULL, NULL),
	(1, 13, 'liability', 'credit', 'open', '2000', 'payable', '[]', 13, 13, NULL, NULL),
	(1, 14, 'liability', 'credit', 'open', '2100', 'tax', '[]', 14, 14, NULL, NULL),
	(1, 16, 'equity', 'credit', 'open', '3000', NULL, '[]', 16, 16, NULL, NULL),
	(1, 17, 'equity', 'credit', 'open', '3100', 'retained_earnings', '[]', 17, 17, NULL, NULL),
	(1, 18, 'equity', 'credit', 'open', '3200', 'fx', '[]', 18, 18, NULL, NULL),
	(1, 19, 'income', 'credit', 'open', '4000', NULL, '[]', 19, 19, NULL, NULL),
	(1, 22, 'expense', 'debit', 'open', '5000', NULL, '[]', 22, 22, NULL, NULL),
	(1, 23, 'expense', 'debit', 'open', '5100', NULL, '[]', 23, 23, NULL, NULL),
	(1, 24, 'expense', 'debit', 'open', '5200', NULL, '[]', 24, 24, NULL, NULL),
	(1, 25, 'expense', 'debit', 'open', '5300', NULL, '[]', 25, 25, NULL, NULL),
	(1, 26, 'asset', 'credit', 'open', NULL, NULL, '[]', 26, 26, NULL, NULL),
	(1, 20, 'income', 'credit', 'open', '4100', NULL, '[]', 59, 59, NULL, NULL),
	(1, 8, 'asset', 'debit', 'open', '1200', 'bank', '[]', 60, 8, NULL, 60),
	(1, 15, 'liability', 'credit', 'open', '2200', NULL, '["EUR", "PTS"]', 61, 15, NULL, NULL),
	(1, 10, 'asset', 'debit', 'open', '1300', 'receivable', '[]', 64, 10, 63, NULL),
	(1, 21, 'income', 'credit', 'closed', NULL, 'rounding', '[]', 66, 21, NULL, NULL),
	(1, 12, 'asset', 'debit', 'open', '1610', NULL, '[]', 69, 58, 58, NULL),
	(1, 82, 'income', 'credit', 'open', NULL, NULL, '[]', 82, 82, NULL, NULL),
	(2, 1, 'asset', 'debit', 'open', NULL, 'cash', '[]', 1, 1, NULL, NULL),
	(2, 2, 'asset', 'debit', 'open', NULL, 'bank', '[]', 2, 2, NULL, NULL),
	(2, 3, 'asset', 'debit', 'open', NULL, 'bank', '[]', 3, 3, NULL, NULL),
	(2, 4, 'asset', 'debit', 'open', NULL, NULL, '[]', 4, 4, NULL, NULL),
	(2, 5, 'asset', 'debit', 'open', NULL, 'receivable', '[]', 5, 5, NULL, NULL),
	(2, 6, 'liability', 'credit', 'open', NULL, 'payable', '[]', 6, 6, NULL, NULL),
	(2, 7, 'liability', 'credit', 'open', NULL, NULL, '[]', 7, 7, NULL, NULL),
	(2, 8, 'liability', 'credit', 'open', NULL, NULL, '[]', 8, 8, NULL, NULL),
	(2, 9, 'equity', 'credit', 'open', NULL, NULL, '[]', 9, 9, NULL, NULL),
	(2, 10, 'equity', 'credit', 'open', NULL, 'retained_earnings', '[]', 10, 10, NULL, NULL),
	(2, 11, 'income', 'credit', 'open', NULL, NULL, '[]', 11, 11, NULL, NULL),
	(2, 12, 'income', 'credit', 'open', NULL, NULL, '[]', 12, 12, NULL, NULL),
	(2, 13, 'income', 'credit', 'open', NULL, NULL, '[]', 13, 13, NULL, NULL),
	(2, 14, 'income', 'credit', 'open', NULL, NULL, '[]', 14, 14, NULL, NULL),
	(2, 15, 'expense', 'debit', 'open', NULL, NULL, '[]', 15, 15, NULL, NULL),
	(2, 16, 'expense', 'debit', 'open', NULL, NULL, '[]', 16, 16, NULL, NULL),
	(2, 17, 'expense', 'debit', 'open', NULL, NULL, '[]', 17, 17, NULL, NULL),
	(2, 18, 'expense', 'debit', 'open', NULL, NULL, '[]', 18, 18, NULL, NULL),
	(2, 19, 'expense', 'debit', 'open', NULL, NULL, '[]', 19, 19, NULL, NULL),
	(2, 20, 'expense', 'debit', 'open', NULL, NULL, '[]', 20, 20, NULL, NULL),
	(2, 21, 'expense', 'debit', 'open', NULL, NULL, '[]', 21, 21, NULL, NULL),
	(2, 22, 'expense', 'debit', 'open', NULL, NULL, '[]', 22, 22, NULL, NULL),
	(2, 23, 'expense', 'debit', 'open', NULL, NULL, '[]', 23, 23, NULL, NULL),
	(2, 24, 'expense', 'debit', 'open', NULL, NULL, '[]', 24, 24, NULL, NULL),
	(2, 25, 'expense', 'debit', 'open', NULL, NULL, '[]', 25, 25, NULL, NULL),
	(2, 26, 'expense', 'debit', 'open', NULL, NULL, '[]', 26, 26, NULL, NULL),
	(2, 27, 'expense', 'debit', 'open', NULL, NULL, '[]', 27, 27, NULL, NULL),
	(2, 28, 'expense', 'debit', 'open', NULL, NULL, '[]', 28, 28, NULL, NULL),
	(2, 29, 'expense', 'debit', 'open', NULL, NULL, '[]', 29, 29, NULL, NULL),
	(2, 30, 'expense', 'debit', 'open', NULL, NULL, '[]', 30, 30, NULL, NULL),
	(2, 31, 'expense', 'debit', 'open', NULL, NULL, '[]', 31, 31, NULL, NULL),
	(2, 32, 'expense', 'debit', 'open', NULL, NULL, '[]', 32, 32, NULL, NULL),
	(2, 33, 'expense', 'debit', 'open', NULL, NULL, '[]', 33, 33, NULL, NULL),
	(2, 34, 'expense', 'debit', 'open', NULL, NULL, '[]', 34, 34, NULL, NULL),
	(2, 35, 'expense', 'debit', 'open', NULL, NULL, '[]', 35, 35, NULL, NULL);

INSERT INTO public.alembic_version_journal VALUES
	('0005');

INSERT INTO public.alembic_version_projections VALUES
	('0003');

INSERT INTO public.chart_accounts VALUES
	(1, 1, 7, 'Assets:Cash', '1000', 'The till', 'asset', 'debit', 'cash', 'open', '[]', NULL, 7),
	(1, 1, 9, 'Assets:Dollars', '1210', NULL, 'asset', 'debit', 'bank', 'open', '["USD"]', NULL, 9),
	(1, 1, 11, 'Assets:Equipment', '1500', NULL, 'asset', 'debit', NULL, 'open', '[]', NULL, 11),
	(1, 1, 13, 'Liabilities:Payable', '2000', NULL, 'liability', 'credit', 'payable', 'open', '[]', NULL, 13),
	(1, 1, 14, 'Liabilities:VAT', '2100', NULL, 'liability', 'credit', 'tax', 'open', '[]', NULL, 14),
	(1, 1, 16, 'Equity:Opening', '3000', NULL, 'equity', 'credit', NULL, 'open', '[]', NULL, 16),
	(1, 1, 17, 'Equity:Retained', '3100', NULL, 'equity', 'credit', 'retained_earnings', 'open', '[]', NULL, 17),
	(1, 1, 18, 'Equity:Exchange', '3200', NULL, 'equity', 'credit', 'fx', 'open', '[]', NULL, 18),
	(1, 1, 19, 'Income:Tea', '4000', NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 19),
	(1, 1, 22, 'Expenses:Goods', '5000', NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 22),
	(1, 1, 23, 'Expenses:Rent', '5100', NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 23),
	(1, 1, 24, 'Expenses:Repairs', '5200', NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 24),
	(1, 1, 25, 'Wear', '5300', NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 25),
	(1, 1, 26, 'Assets:Equipment:Depreciation', NULL, NULL, 'asset', 'credit', NULL, 'open', '[]', NULL, 26),
	(1, 1, 20, 'Income:Sweets', '4100', NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 59),
	(1, 1, 8, 'Assets:Bank', '1200', NULL, 'asset', 'debit', 'bank', 'open', '[]', '{"branch": 9, "note": "moved", "opened": "2022"}', 60),
	(1, 1, 15, 'Liabilities:Gift cards', '2200', NULL, 'liability', 'credit', NULL, 'open', '["EUR", "PTS"]', NULL, 61),
	(1, 1, 10, 'Assets:Receivable', '1300', 'Customers', 'asset', 'debit', 'receivable', 'open', '[]', NULL, 64),
	(1, 1, 21, 'Income:Rounding', NULL, NULL, 'income', 'credit', 'rounding', 'closed', '[]', NULL, 66),
	(1, 1, 12, 'Assets:Stores', '1610', 'Stores', 'asset', 'debit', NULL, 'open', '[]', NULL, 69),
	(1, 1, 82, 'Income:Market:Buns', NULL, NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 82),
	(2, 1, 1, 'Assets:Cash', NULL, NULL, 'asset', 'debit', 'cash', 'open', '[]', NULL, 1),
	(2, 1, 2, 'Assets:Checking Account', NULL, NULL, 'asset', 'debit', 'bank', 'open', '[]', NULL, 2),
	(2, 1, 3, 'Assets:Savings Account', NULL, NULL, 'asset', 'debit', 'bank', 'open', '[]', NULL, 3),
	(2, 1, 4, 'Assets:Investments', NULL, NULL, 'asset', 'debit', NULL, 'open', '[]', NULL, 4),
	(2, 1, 5, 'Assets:Lent to Others', NULL, NULL, 'asset', 'debit', 'receivable', 'open', '[]', NULL, 5),
	(2, 1, 6, 'Liabilities:Bills to Pay', NULL, NULL, 'liability', 'credit', 'payable', 'open', '[]', NULL, 6),
	(2, 1, 7, 'Liabilities:Credit Card', NULL, NULL, 'liability', 'credit', NULL, 'open', '[]', NULL, 7),
	(2, 1, 8, 'Liabilities:Loans', NULL, NULL, 'liability', 'credit', NULL, 'open', '[]', NULL, 8),
	(2, 1, 9, 'Equity:Opening Balances', NULL, NULL, 'equity', 'credit', NULL, 'open', '[]', NULL, 9),
	(2, 1, 10, 'Equity:Accumulated Savings', NULL, NULL, 'equity', 'credit', 'retained_earnings', 'open', '[]', NULL, 10),
	(2, 1, 11, 'Income:Salary', NULL, NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 11),
	(2, 1, 12, 'Income:Interest', NULL, NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 12),
	(2, 1, 13, 'Income:Gifts Received', NULL, NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 13),
	(2, 1, 14, 'Income:Other Income', NULL, NULL, 'income', 'credit', NULL, 'open', '[]', NULL, 14),
	(2, 1, 15, 'Expenses:Groceries', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 15),
	(2, 1, 16, 'Expenses:Eating Out', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 16),
	(2, 1, 17, 'Expenses:Home:Rent', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 17),
	(2, 1, 18, 'Expenses:Home:Energy and Water', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 18),
	(2, 1, 19, 'Expenses:Home:Internet and Phone', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 19),
	(2, 1, 20, 'Expenses:Home:Furnishing', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 20),
	(2, 1, 21, 'Expenses:Getting Around:Public Transport', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 21),
	(2, 1, 22, 'Expenses:Getting Around:Car', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 22),
	(2, 1, 23, 'Expenses:Health', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 23),
	(2, 1, 24, 'Expenses:Insurance', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 24),
	(2, 1, 25, 'Expenses:Clothing', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 25),
	(2, 1, 26, 'Expenses:Shopping', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 26),
	(2, 1, 27, 'Expenses:Leisure', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 27),
	(2, 1, 28, 'Expenses:Travel', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 28),
	(2, 1, 29, 'Expenses:Subscriptions', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 29),
	(2, 1, 30, 'Expenses:Education', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 30),
	(2, 1, 31, 'Expenses:Children', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 31),
	(2, 1, 32, 'Expenses:Gifts and Donations', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 32),
	(2, 1, 33, 'Expenses:Taxes', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 33),
	(2, 1, 34, 'Expenses:Bank Fees', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 34),
	(2, 1, 35, 'Expenses:Other Expenses', NULL, NULL, 'expense', 'debit', NULL, 'open', '[]', NULL, 35);

INSERT INTO public.checkpoints VALUES
	(2, 'account_balances', 1, true, 51, NULL, NULL, 0, NULL),
	(2, 'balance_history', 1, true, 51, NULL, NULL, 0, NULL),
	(2, 'dashboard', 1, true, 51, NULL, NULL, 0, NULL),
	(2, 'register', 1, true, 51, NULL, NULL, 0, NULL),
	(2, 'tiles', 1, true, 51, NULL, NULL, 0, NULL),
	(1, 'account_balances', 1, true, 85, NULL, NULL, 0, NULL),
	(1, 'balance_history', 1, true, 85, NULL, NULL, 0, NULL),
	(1, 'dashboard', 1, true, 85, NULL, NULL, 0, NULL),
	(1, 'register', 1, true, 85, NULL, NULL, 0, NULL),
	(1, 'tiles', 1, true, 85, NULL, NULL, 0, NULL);

INSERT INTO public.cosignatures VALUES
	(1, 85, '— witness.example qJ0UkAAAAABrDTbsSjp6z1OrpaFsUF2l1R9YtrMTGbJafUp14KQabLcZdSLDalDwmgwi0uopq/49dbR0gFzuSVzQpahQB6tEzNBEDA==', 1796028148604841);

INSERT INTO public.counters VALUES
	(1, 'OB', 2023, 1),
	(1, 'A', 2023, 28),
	(1, 'YE', 2023, 1),
	(1, 'A', 2024, 5),
	(2, 'A', 2024, 12);

INSERT INTO public.currencies VALUES
	(1, 'EUR', 2),
	(1, 'PTS', 3),
	(1, 'JPY', 0),
	(1, 'USD', 2),
	(2, 'USD', 2);

INSERT INTO public.dashboard_accounts VALUES
	(1, 1, 7, 'Assets:Cash', 'The till', 'asset', 'cash'),
	(1, 1, 9, 'Assets:Dollars', NULL, 'asset', 'bank'),
	(1, 1, 11, 'Assets:Equipment', NULL, 'asset', NULL),
	(1, 1, 13, 'Liabilities:Payable', NULL, 'liability', 'payable'),
	(1, 1, 14, 'Liabilities:VAT', NULL, 'liability', 'tax'),
	(1, 1, 16, 'Equity:Opening', NULL, 'equity', NULL),
	(1, 1, 17, 'Equity:Retained', NULL, 'equity', 'retained_earnings'),
	(1, 1, 18, 'Equity:Exchange', NULL, 'equity', 'fx'),
	(1, 1, 19, 'Income:Tea', NULL, 'income', NULL),
	(1, 1, 21, 'Income:Rounding', NULL, 'income', 'rounding'),
	(1, 1, 22, 'Expenses:Goods', NULL, 'expense', NULL),
	(1, 1, 23, 'Expenses:Rent', NULL, 'expense', NULL),
	(1, 1, 24, 'Expenses:Repairs', NULL, 'expense', NULL),
	(1, 1, 25, 'Wear', NULL, 'expense', NULL),
	(1, 1, 26, 'Assets:Equipment:Depreciation', NULL, 'asset', NULL),
	(1, 1, 12, 'Assets:Stores', 'Stores', 'asset', NULL),
	(1, 1, 20, 'Income:Sweets', NULL, 'income', NULL),
	(1, 1, 8, 'Assets:Bank', NULL, 'asset', 'bank'),
	(1, 1, 15, 'Liabilities:Gift cards', NULL, 'liability', NULL),
	(1, 1, 10, 'Assets:Receivable', 'Customers', 'asset', 'receivable'),
	(1, 1, 82, 'Income:Market:Buns', NULL, 'income', NULL),
	(2, 1, 1, 'Assets:Cash', NULL, 'asset', 'cash'),
	(2, 1, 2, 'Assets:Checking Account', NULL, 'asset', 'bank'),
	(2, 1, 3, 'Assets:Savings Account', NULL, 'asset', 'bank'),
	(2, 1, 4, 'Assets:Investments', NULL, 'asset', NULL),
	(2, 1, 5, 'Assets:Lent to Others', NULL, 'asset', 'receivable'),
	(2, 1, 6, 'Liabilities:Bills to Pay', NULL, 'liability', 'payable'),
	(2, 1, 7, 'Liabilities:Credit Card', NULL, 'liability', NULL),
	(2, 1, 8, 'Liabilities:Loans', NULL, 'liability', NULL),
	(2, 1, 9, 'Equity:Opening Balances', NULL, 'equity', NULL),
	(2, 1, 10, 'Equity:Accumulated Savings', NULL, 'equity', 'retained_earnings'),
	(2, 1, 11, 'Income:Salary', NULL, 'income', NULL),
	(2, 1, 12, 'Income:Interest', NULL, 'income', NULL),
	(2, 1, 13, 'Income:Gifts Received', NULL, 'income', NULL),
	(2, 1, 14, 'Income:Other Income', NULL, 'income', NULL),
	(2, 1, 15, 'Expenses:Groceries', NULL, 'expense', NULL),
	(2, 1, 16, 'Expenses:Eating Out', NULL, 'expense', NULL),
	(2, 1, 17, 'Expenses:Home:Rent', NULL, 'expense', NULL),
	(2, 1, 18, 'Expenses:Home:Energy and Water', NULL, 'expense', NULL),
	(2, 1, 19, 'Expenses:Home:Internet and Phone', NULL, 'expense', NULL),
	(2, 1, 20, 'Expenses:Home:Furnishing', NULL, 'expense', NULL),
	(2, 1, 21, 'Expenses:Getting Around:Public Transport', NULL, 'expense', NULL),
	(2, 1, 22, 'Expenses:Getting Around:Car', NULL, 'expense', NULL),
	(2, 1, 23, 'Expenses:Health', NULL, 'expense', NULL),
	(2, 1, 24, 'Expenses:Insurance', NULL, 'expense', NULL),
	(2, 1, 25, 'Expenses:Clothing', NULL, 'expense', NULL),
	(2, 1, 26, 'Expenses:Shopping', NULL, 'expense', NULL),
	(2, 1, 27, 'Expenses:Leisure', NULL, 'expense', NULL),
	(2, 1, 28, 'Expenses:Travel', NULL, 'expense', NULL),
	(2, 1, 29, 'Expenses:Subscriptions', NULL, 'expense', NULL),
	(2, 1, 30, 'Expenses:Education', NULL, 'expense', NULL),
	(2, 1, 31, 'Expenses:Children', NULL, 'expense', NULL),
	(2, 1, 32, 'Expenses:Gifts and Donations', NULL, 'expense', NULL),
	(2, 1, 33, 'Expenses:Taxes', NULL, 'expense', NULL),
	(2, 1, 34, 'Expenses:Bank Fees', NULL, 'expense', NULL),
	(2, 1, 35, 'Expenses:Other Expenses', NULL, 'expense', NULL);

INSERT INTO public.dashboard_bills VALUES
	(1, 1, 14, 'EUR', '', '2023-04-28', 'dated', 3780, 1),
	(1, 1, 14, 'EUR', '', '2023-06-28', 'dated', 6120, 1),
	(1, 1, 14, 'EUR', '', '2023-08-28', 'dated', 9696, 1),
	(1, 1, 14, 'EUR', '', '2023-11-28', 'dated', 3072, 1),
	(1, 1, 14, 'EUR', '', '2024-02-28', 'dated', 2856, 1),
	(1, 1, 14, 'EUR', '', '2024-05-28', 'dated', 6324, 1),
	(1, 1, 13, 'EUR', 'S-14', '2023-06-02', 'stated', 24000, 1),
	(1, 1, 13, 'EUR', 'S-14', '2024-04-10', 'stated', 61550, 1),
	(1, 1, 13, 'EUR', 'S-20', '2024-04-01', 'stated', 0, NULL),
	(1, 1, 15, 'PTS', '', '2023-09-01', 'dated', 1250125, 1),
	(2, 1, 6, 'USD', 'CARD', '2024-01-28', 'stated', 145, 1),
	(2, 1, 6, 'USD', 'CARD', '2024-02-28', 'stated', 245, 1),
	(2, 1, 6, 'USD', 'CARD', '2024-03-28', 'stated', 0, NULL);

INSERT INTO public.dashboard_days VALUES
	(1, 1, '2023-04-01', 7, 'EUR', 15000, 0),
	(1, 1, '2023-04-01', 8, 'EUR', 820000, 0),
	(1, 1, '2023-04-01', 9, 'USD', 40000, 0),
	(1, 1, '2023-04-01', 16, 'EUR', -835000, 0),
	(1, 1, '2023-04-01', 16, 'USD', -40000, 0),
	(1, 1, '2023-04-28', 7, 'EUR', 3780, 0),
	(1, 1, '2023-04-28', 19, 'EUR', -63000, 0),
	(1, 1, '2023-04-28', 14, 'EUR', -3780, 0),
	(1, 1, '2023-04-28', 8, 'EUR', 63000, 0),
	(1, 1, '2023-06-28', 7, 'EUR', 6120, 0),
	(1, 1, '2023-06-28', 19, 'EUR', -102000, 0),
	(1, 1, '2023-06-28', 14, 'EUR', -6120, 0),
	(1, 1, '2023-06-28', 8, 'EUR', 102000, 0),
	(1, 1, '2023-08-28', 7, 'EUR', 9696, 0),
	(1, 1, '2023-08-28', 19, 'EUR', -161600, 0),
	(1, 1, '2023-08-28', 14, 'EUR', -9696, 0),
	(1, 1, '2023-08-28', 8, 'EUR', 161600, 0),
	(1, 1, '2023-11-28', 7, 'EUR', 3072, 0),
	(1, 1, '2023-11-28', 19, 'EUR', -51200, 0),
	(1, 1, '2023-11-28', 14, 'EUR', -3072, 0),
	(1, 1, '2023-11-28', 8, 'EUR', 51200, 0),
	(1, 1, '2024-02-28', 7, 'EUR', 2856, 0),
	(1, 1, '2024-02-28', 19, 'EUR', -47600, 0),
	(1, 1, '2024-02-28', 14, 'EUR', -2856, 0),
	(1, 1, '2024-02-28', 8, 'EUR', 47600, 0),
	(1, 1, '2024-05-28', 7, 'EUR', 6324, 0),
	(1, 1, '2024-05-28', 19, 'EUR', -105400, 0),
	(1, 1, '2024-05-28', 14, 'EUR', -6324, 0),
	(1, 1, '2024-05-28', 8, 'EUR', 105400, 0),
	(1, 1, '2023-05-03', 22, 'EUR', 48000, 0),
	(1, 1, '2023-05-03', 13, 'EUR', -48000, 0),
	(1, 1, '2023-05-20', 13, 'EUR', 24000, 0),
	(1, 1, '2023-05-20', 8, 'EUR', -24000, 0),
	(1, 1, '2023-06-02', 13, 'EUR', 24000, 0),
	(1, 1, '2023-06-02', 8, 'EUR', -24000, 0),
	(1, 1, '2024-03-11', 22, 'EUR', 61550, 0),
	(1, 1, '2024-03-11', 13, 'EUR', -61550, 0),
	(1, 1, '2024-03-12', 24, 'EUR', 0, 0),
	(1, 1, '2024-03-12', 13, 'EUR', 0, 0),
	(1, 1, '2024-01-15', 23, 'EUR', 30000, 0),
	(1, 1, '2024-01-15', 8, 'EUR', -30000, 0),
	(1, 1, '2024-02-01', 23, 'EUR', -30000, 0),
	(1, 1, '2024-02-01', 8, 'EUR', 30000, 0),
	(1, 1, '2023-05-01', 23, 'EUR', 30000, 0),
	(1, 1, '2023-05-01', 8, 'EUR', -30000, 0),
	(1, 1, '2023-09-01', 23, 'EUR', 30000, 0),
	(1, 1, '2023-09-01', 8, 'EUR', -30000, 0),
	(1, 1, '2024-04-01', 23, 'EUR', 30000, 0),
	(1, 1, '2024-04-01', 8, 'EUR', -30000, 0),
	(1, 1, '2023-07-09', 9, 'USD', 11000, 0),
	(1, 1, '2023-07-09', 18, 'USD', -11000, 0),
	(1, 1, '2023-07-09', 18, 'EUR', 10000, 0),
	(1, 1, '2023-07-09', 8, 'EUR', -10000, 0),
	(1, 1, '2023-07-30', 22, 'EUR', 3315, 0),
	(1, 1, '2023-07-30', 8, 'EUR', -3315, 0),
	(1, 1, '2023-09-01', 15, 'PTS', -1250125, 0),
	(1, 1, '2023-09-01', 22, 'PTS', 1250125, 0),
	(1, 1, '2023-10-01', 15, 'PTS', 99999999999999999999999, 0),
	(1, 1, '2023-10-01', 22, 'PTS', -99999999999999999999999, 0),
	(1, 1, '2023-12-31', 12, 'EUR', 7525, 0),
	(1, 1, '2023-12-31', 22, 'EUR', -7525, 0),
	(1, 1, '2024-03-31', 25, 'EUR', 12000, 0),
	(1, 1, '2024-03-31', 26, 'EUR', -12000, 0),
	(1, 1, '2023-06-15', 11, 'EUR', 96000, 0),
	(1, 1, '2023-06-15', 8, 'EUR', -96000, 0),
	(1, 1, '2024-03-31', 9, 'USD', 440, 0),
	(1, 1, '2024-03-31', 18, 'USD', -440, 0),
	(1, 1, '2024-03-31', 19, 'EUR', 400000, 400000),
	(1, 1, '2024-03-31', 22, 'EUR', -51975, -51975),
	(1, 1, '2024-03-31', 17, 'EUR', -348025, -348025),
	(1, 1, '2024-06-01', 7, 'EUR', 4150, 0),
	(1, 1, '2024-06-01', 20, 'EUR', -4150, 0),
	(1, 1, '2024-06-08', 7, 'EUR', 7700, 0),
	(1, 1, '2024-06-08', 82, 'EUR', -7700, 0),
	(2, 1, '2024-01-01', 2, 'USD', 90000, 0),
	(2, 1, '2024-01-01', 10, 'USD', -90000, 0),
	(2, 1, '2024-01-25', 2, 'USD', 185000, 0),
	(2, 1, '2024-01-25', 13, 'USD', -185000, 0),
	(2, 1, '2024-01-03', 17, 'USD', 70000, 0),
	(2, 1, '2024-01-03', 2, 'USD', -70000, 0),
	(2, 1, '2024-01-12', 15, 'USD', 145, 0),
	(2, 1, '2024-01-12', 6, 'USD', -145, 0),
	(2, 1, '2024-02-25', 2, 'USD', 185000, 0),
	(2, 1, '2024-02-25', 13, 'USD', -185000, 0),
	(2, 1, '2024-02-03', 17, 'USD', 70000, 0),
	(2, 1, '2024-02-03', 2, 'USD', -70000, 0),
	(2, 1, '2024-02-12', 15, 'USD', 245, 0),
	(2, 1, '2024-02-12', 6, 'USD', -245, 0),
	(2, 1, '2024-03-25', 2, 'USD', 185000, 0),
	(2, 1, '2024-03-25', 13, 'USD', -185000, 0),
	(2, 1, '2024-03-03', 17, 'USD', 70000, 0),
	(2, 1, '2024-03-03', 2, 'USD', -70000, 0),
	(2, 1, '2024-03-12', 15, 'USD', 345, 0),
	(2, 1, '2024-03-12', 6, 'USD', -345, 0),
	(2, 1, '2024-03-28', 6, 'USD', 345, 0),
	(2, 1, '2024-03-28', 2, 'USD', -345, 0),
	(2, 1, '2024-04-02', 1, 'USD', 6000, 0),
	(2, 1, '2024-04-02', 2, 'USD', -6000, 0);

INSERT INTO public.dashboard_dues VALUES
	(1, 1, '2023-04-28', 14, 'EUR', '', '2023-04-28', 'dated', 3780),
	(1, 1, '2023-06-28', 14, 'EUR', '', '2023-06-28', 'dated', 6120),
	(1, 1, '2023-08-28', 14, 'EUR', '', '2023-08-28', 'dated', 9696),
	(1, 1, '2023-11-28', 14, 'EUR', '', '2023-11-28', 'dated', 3072),
	(1, 1, '2024-02-28', 14, 'EUR', '', '2024-02-28', 'dated', 2856),
	(1, 1, '2024-05-28', 14, 'EUR', '', '2024-05-28', 'dated', 6324),
	(1, 1, '2023-05-03', 13, 'EUR', 'S-14', '2023-06-02', 'stated', 48000),
	(1, 1, '2023-05-20', 13, 'EUR', 'S-14', '2023-06-02', 'stated', -24000),
	(1, 1, '2023-06-02', 13, 'EUR', 'S-14', '2023-06-02', 'unnamed', -24000),
	(1, 1, '2024-03-11', 13, 'EUR', 'S-14', '2024-04-10', 'stated', 61550),
	(1, 1, '2024-03-12', 13, 'EUR', 'S-20', '2024-04-01', 'stated', 0),
	(1, 1, '2023-09-01', 15, 'PTS', '', '2023-09-01', 'dated', 1250125),
	(1, 1, '2023-10-01', 15, 'PTS', '', '2023-10-01', 'unnamed', -99999999999999999999999),
	(2, 1, '2024-01-12', 6, 'USD', 'CARD', '2024-01-28', 'stated', 145),
	(2, 1, '2024-02-12', 6, 'USD', 'CARD', '2024-02-28', 'stated', 245),
	(2, 1, '2024-03-12', 6, 'USD', 'CARD', '2024-03-28', 'stated', 345),
	(2, 1, '2024-03-28', 6, 'USD', 'CARD', '2024-03-28', 'stated', -345);

INSERT INTO public.dashboard_months VALUES
	(1, 1, '2023-04-01', 7, 'EUR', 18780, 0),
	(1, 1, '2023-04-01', 8, 'EUR', 883000, 0),
	(1, 1, '2023-04-01', 9, 'USD', 40000, 0),
	(1, 1, '2023-04-01', 16, 'EUR', -835000, 0),
	(1, 1, '2023-04-01', 16, 'USD', -40000, 0),
	(1, 1, '2023-04-01', 19, 'EUR', -63000, 0),
	(1, 1, '2023-04-01', 14, 'EUR', -3780, 0),
	(1, 1, '2023-06-01', 7, 'EUR', 6120, 0),
	(1, 1, '2023-06-01', 19, 'EUR', -102000, 0),
	(1, 1, '2023-06-01', 14, 'EUR', -6120, 0),
	(1, 1, '2023-08-01', 7, 'EUR', 9696, 0),
	(1, 1, '2023-08-01', 19, 'EUR', -161600, 0),
	(1, 1, '2023-08-01', 14, 'EUR', -9696, 0),
	(1, 1, '2023-08-01', 8, 'EUR', 161600, 0),
	(1, 1, '2023-11-01', 7, 'EUR', 3072, 0),
	(1, 1, '2023-11-01', 19, 'EUR', -51200, 0),
	(1, 1, '2023-11-01', 14, 'EUR', -3072, 0),
	(1, 1, '2023-11-01', 8, 'EUR', 51200, 0),
	(1, 1, '2024-02-01', 7, 'EUR', 2856, 0),
	(1, 1, '2024-02-01', 19, 'EUR', -47600, 0),
	(1, 1, '2024-02-01', 14, 'EUR', -2856, 0),
	(1, 1, '2024-02-01', 8, 'EUR', 77600, 0),
	(1, 1, '2024-05-01', 7, 'EUR', 6324, 0),
	(1, 1, '2024-05-01', 19, 'EUR', -105400, 0),
	(1, 1, '2024-05-01', 14, 'EUR', -6324, 0),
	(1, 1, '2024-05-01', 8, 'EUR', 105400, 0),
	(1, 1, '2023-05-01', 22, 'EUR', 48000, 0),
	(1, 1, '2023-05-01', 13, 'EUR', -24000, 0),
	(1, 1, '2023-05-01', 8, 'EUR', -54000, 0),
	(1, 1, '2023-06-01', 13, 'EUR', 24000, 0),
	(1, 1, '2024-03-01', 13, 'EUR', -61550, 0),
	(1, 1, '2024-03-01', 24, 'EUR', 0, 0),
	(1, 1, '2024-01-01', 23, 'EUR', 30000, 0),
	(1, 1, '2024-01-01', 8, 'EUR', -30000, 0),
	(1, 1, '2024-02-01', 23, 'EUR', -30000, 0),
	(1, 1, '2023-05-01', 23, 'EUR', 30000, 0),
	(1, 1, '2023-09-01', 23, 'EUR', 30000, 0),
	(1, 1, '2023-09-01', 8, 'EUR', -30000, 0),
	(1, 1, '2024-04-01', 23, 'EUR', 30000, 0),
	(1, 1, '2024-04-01', 8, 'EUR', -30000, 0),
	(1, 1, '2023-07-01', 9, 'USD', 11000, 0),
	(1, 1, '2023-07-01', 18, 'USD', -11000, 0),
	(1, 1, '2023-07-01', 18, 'EUR', 10000, 0),
	(1, 1, '2023-07-01', 8, 'EUR', -13315, 0),
	(1, 1, '2023-07-01', 22, 'EUR', 3315, 0),
	(1, 1, '2023-09-01', 15, 'PTS', -1250125, 0),
	(1, 1, '2023-09-01', 22, 'PTS', 1250125, 0),
	(1, 1, '2023-10-01', 15, 'PTS', 99999999999999999999999, 0),
	(1, 1, '2023-10-01', 22, 'PTS', -99999999999999999999999, 0),
	(1, 1, '2023-12-01', 12, 'EUR', 7525, 0),
	(1, 1, '2023-12-01', 22, 'EUR', -7525, 0),
	(1, 1, '2024-03-01', 25, 'EUR', 12000, 0),
	(1, 1, '2024-03-01', 26, 'EUR', -12000, 0),
	(1, 1, '2023-06-01', 11, 'EUR', 96000, 0),
	(1, 1, '2023-06-01', 8, 'EUR', -18000, 0),
	(1, 1, '2024-03-01', 9, 'USD', 440, 0),
	(1, 1, '2024-03-01', 18, 'USD', -440, 0),
	(1, 1, '2024-03-01', 19, 'EUR', 400000, 400000),
	(1, 1, '2024-03-01', 22, 'EUR', 9575, -51975),
	(1, 1, '2024-03-01', 17, 'EUR', -348025, -348025),
	(1, 1, '2024-06-01', 7, 'EUR', 11850, 0),
	(1, 1, '2024-06-01', 20, 'EUR', -4150, 0),
	(1, 1, '2024-06-01', 82, 'EUR', -7700, 0),
	(2, 1, '2024-01-01', 10, 'USD', -90000, 0),
	(2, 1, '2024-01-01', 13, 'USD', -185000, 0),
	(2, 1, '2024-01-01', 17, 'USD', 70000, 0),
	(2, 1, '2024-01-01', 2, 'USD', 205000, 0),
	(2, 1, '2024-01-01', 15, 'USD', 145, 0),
	(2, 1, '2024-01-01', 6, 'USD', -145, 0),
	(2, 1, '2024-02-01', 13, 'USD', -185000, 0),
	(2, 1, '2024-02-01', 17, 'USD', 70000, 0),
	(2, 1, '2024-02-01', 2, 'USD', 115000, 0),
	(2, 1, '2024-02-01', 15, 'USD', 245, 0),
	(2, 1, '2024-02-01', 6, 'USD', -245, 0),
	(2, 1, '2024-03-01', 13, 'USD', -185000, 0),
	(2, 1, '2024-03-01', 17, 'USD', 70000, 0),
	(2, 1, '2024-03-01', 15, 'USD', 345, 0),
	(2, 1, '2024-03-01', 6, 'USD', 0, 0),
	(2, 1, '2024-03-01', 2, 'USD', 114655, 0),
	(2, 1, '2024-04-01', 1, 'USD', 6000, 0),
	(2, 1, '2024-04-01', 2, 'USD', -6000, 0);

INSERT INTO public.dashboard_parties VALUES
	(1, 1, 14, 'EUR', '', 31848, false, NULL),
	(1, 1, 13, 'EUR', 'S-14', 61550, true, 1),
	(1, 1, 13, 'EUR', 'S-20', 0, true, NULL),
	(1, 1, 15, 'PTS', '', -99999999999999998749874, false, NULL),
	(2, 1, 6, 'USD', 'CARD', 390, true, 1);

INSERT INTO public.dashboard_sources VALUES
	(1, 1, '01a22b9e-2e0c-7ece-a173-9f9565c545c7', '2023-04-28', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-2f15-7ed0-8a38-a0f476ec6197', '2023-06-28', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-2fd1-71aa-bbb5-afc8446fe39c', '2023-08-28', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-3060-7421-8fa8-a48eec72785b', '2023-11-28', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-30eb-73ad-b255-9df46ac6055b', '2024-02-28', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-3173-7072-a1cb-2b1c20e161ec', '2024-05-28', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-325b-7d45-9794-a164729c3d8b', '2023-05-03', NULL, 'S-14', NULL, false),
	(1, 1, '01a22b9e-3289-7fe8-9157-ccd162bdf030', '2023-05-20', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-32b7-7cde-8fbd-3a8a31ab1974', '2023-06-02', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-32d8-7ef3-8f87-83fc79156faf', '2024-03-11', '2024-04-10', 'S-14', NULL, false),
	(1, 1, '01a22b9e-32f3-7d5a-a339-ebbd01b608d9', '2024-03-12', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-332b-750d-9a33-33df91b95b77', '2024-03-12', NULL, NULL, NULL, true),
	(1, 1, '01a22b9e-357a-7359-ab0d-7220af37eb7f', '2023-09-01', NULL, NULL, NULL, false),
	(1, 1, '01a22b9e-3585-73c8-aff9-dcd29ebee64c', '2023-10-01', NULL, NULL, NULL, false),
	(2, 1, '01a22b9e-8931-7894-a41d-3b6a77369920', '2024-01-12', NULL, NULL, NULL, false),
	(2, 1, '01a22b9e-8a02-7bcd-8459-b39f7852da76', '2024-02-12', NULL, NULL, NULL, false),
	(2, 1, '01a22b9e-8abd-7728-8e80-1746126b8377', '2024-03-12', NULL, NULL, NULL, false),
	(2, 1, '01a22b9e-8ad0-75cb-baa3-ba1a55c1e4dc', '2024-03-28', NULL, NULL, NULL, false);

INSERT INTO public.dashboard_totals VALUES
	(1, 1, 16, 'EUR', 2, -835000),
	(1, 1, 16, 'USD', 2, -40000),
	(1, 1, 14, 'EUR', 2, -31848),
	(1, 1, 13, 'EUR', 2, -61550),
	(1, 1, 24, 'EUR', 2, 0),
	(1, 1, 23, 'EUR', 2, 90000),
	(1, 1, 18, 'EUR', 2, 10000),
	(1, 1, 15, 'PTS', 3, 99999999999999998749874),
	(1, 1, 22, 'PTS', 3, -99999999999999998749874),
	(1, 1, 12, 'EUR', 2, 7525),
	(1, 1, 25, 'EUR', 2, 12000),
	(1, 1, 26, 'EUR', 2, -12000),
	(1, 1, 11, 'EUR', 2, 96000),
	(1, 1, 8, 'EUR', 2, 1103485),
	(1, 1, 9, 'USD', 2, 51440),
	(1, 1, 18, 'USD', 2, -11440),
	(1, 1, 19, 'EUR', 2, -130800),
	(1, 1, 22, 'EUR', 2, 53365),
	(1, 1, 17, 'EUR', 2, -348025),
	(1, 1, 7, 'EUR', 2, 58698),
	(1, 1, 20, 'EUR', 2, -4150),
	(1, 1, 82, 'EUR', 2, -7700),
	(2, 1, 10, 'USD', 2, -90000),
	(2, 1, 13, 'USD', 2, -555000),
	(2, 1, 17, 'USD', 2, 210000),
	(2, 1, 15, 'USD', 2, 735),
	(2, 1, 6, 'USD', 2, -390),
	(2, 1, 1, 'USD', 2, 6000),
	(2, 1, 2, 'USD', 2, 428655);

INSERT INTO public.erasures VALUES
	(1, 47, 75),
	(1, 20, 76);

INSERT INTO public.history_accounts VALUES
	(1, 1, 16, 'EUR', 2, 1),
	(1, 1, 16, 'USD', 2, 1),
	(1, 1, 14, 'EUR', 2, 6),
	(1, 1, 13, 'EUR', 2, 6),
	(1, 1, 24, 'EUR', 2, 2),
	(1, 1, 23, 'EUR', 2, 5),
	(1, 1, 18, 'EUR', 2, 1),
	(1, 1, 15, 'PTS', 3, 2),
	(1, 1, 22, 'PTS', 3, 2),
	(1, 1, 12, 'EUR', 2, 1),
	(1, 1, 25, 'EUR', 2, 1),
	(1, 1, 26, 'EUR', 2, 1),
	(1, 1, 11, 'EUR', 2, 1),
	(1, 1, 8, 'EUR', 2, 17),
	(1, 1, 9, 'USD', 2, 3),
	(1, 1, 18, 'USD', 2, 2),
	(1, 1, 19, 'EUR', 2, 7),
	(1, 1, 22, 'EUR', 2, 5),
	(1, 1, 17, 'EUR', 2, 1),
	(1, 1, 7, 'EUR', 2, 15),
	(1, 1, 20, 'EUR', 2, 1),
	(1, 1, 82, 'EUR', 2, 1),
	(2, 1, 10, 'USD', 2, 1),
	(2, 1, 13, 'USD', 2, 3),
	(2, 1, 17, 'USD', 2, 3),
	(2, 1, 15, 'USD', 2, 3),
	(2, 1, 6, 'USD', 2, 4),
	(2, 1, 1, 'USD', 2, 1),
	(2, 1, 2, 'USD', 2, 9);

INSERT INTO public.history_movements VALUES
	(1, 1, 7, 'EUR', 30, 0, '2023-04-01', 15000, 0),
	(1, 1, 7, 'EUR', 31, 1, '2023-04-28', 66780, 0),
	(1, 1, 7, 'EUR', 32, 2, '2023-04-28', 0, 63000),
	(1, 1, 7, 'EUR', 33, 3, '2023-06-28', 108120, 0),
	(1, 1, 7, 'EUR', 34, 4, '2023-06-28', 0, 102000),
	(1, 1, 7, 'EUR', 35, 5, '2023-08-28', 171296, 0),
	(1, 1, 7, 'EUR', 36, 6, '2023-08-28', 0, 161600),
	(1, 1, 7, 'EUR', 37, 7, '2023-11-28', 54272, 0),
	(1, 1, 7, 'EUR', 38, 8, '2023-11-28', 0, 51200),
	(1, 1, 7, 'EUR', 39, 9, '2024-02-28', 50456, 0),
	(1, 1, 7, 'EUR', 40, 10, '2024-02-28', 0, 47600),
	(1, 1, 7, 'EUR', 41, 11, '2024-05-28', 111724, 0),
	(1, 1, 7, 'EUR', 42, 12, '2024-05-28', 0, 105400),
	(1, 1, 8, 'EUR', 30, 0, '2023-04-01', 820000, 0),
	(1, 1, 8, 'EUR', 32, 1, '2023-04-28', 63000, 0),
	(1, 1, 8, 'EUR', 34, 2, '2023-06-28', 102000, 0),
	(1, 1, 8, 'EUR', 36, 3, '2023-08-28', 161600, 0),
	(1, 1, 8, 'EUR', 38, 4, '2023-11-28', 51200, 0),
	(1, 1, 8, 'EUR', 40, 5, '2024-02-28', 47600, 0),
	(1, 1, 8, 'EUR', 42, 6, '2024-05-28', 105400, 0),
	(1, 1, 8, 'EUR', 44, 7, '2023-05-20', 0, 24000),
	(1, 1, 8, 'EUR', 45, 8, '2023-06-02', 0, 24000),
	(1, 1, 8, 'EUR', 49, 9, '2024-01-15', 0, 30000),
	(1, 1, 8, 'EUR', 50, 10, '2024-02-01', 30000, 0),
	(1, 1, 8, 'EUR', 51, 11, '2023-05-01', 0, 30000),
	(1, 1, 8, 'EUR', 52, 12, '2023-09-01', 0, 30000),
	(1, 1, 8, 'EUR', 53, 13, '2024-04-01', 0, 30000),
	(1, 1, 8, 'EUR', 54, 14, '2023-07-09', 0, 10000),
	(1, 1, 8, 'EUR', 55, 15, '2023-07-30', 0, 3315),
	(1, 1, 9, 'USD', 30, 0, '2023-04-01', 40000, 0),
	(1, 1, 9, 'USD', 54, 1, '2023-07-09', 11000, 0),
	(1, 1, 16, 'EUR', 30, 0, '2023-04-01', 0, 835000),
	(1, 1, 16, 'USD', 30, 0, '2023-04-01', 0, 40000),
	(1, 1, 19, 'EUR', 31, 0, '2023-04-28', 0, 63000),
	(1, 1, 19, 'EUR', 33, 1, '2023-06-28', 0, 102000),
	(1, 1, 19, 'EUR', 35, 2, '2023-08-28', 0, 161600),
	(1, 1, 19, 'EUR', 37, 3, '2023-11-28', 0, 51200),
	(1, 1, 19, 'EUR', 39, 4, '2024-02-28', 0, 47600),
	(1, 1, 19, 'EUR', 41, 5, '2024-05-28', 0, 105400),
	(1, 1, 14, 'EUR', 31, 0, '2023-04-28', 0, 3780),
	(1, 1, 14, 'EUR', 33, 1, '2023-06-28', 0, 6120),
	(1, 1, 14, 'EUR', 35, 2, '2023-08-28', 0, 9696),
	(1, 1, 14, 'EUR', 37, 3, '2023-11-28', 0, 3072),
	(1, 1, 14, 'EUR', 39, 4, '2024-02-28', 0, 2856),
	(1, 1, 14, 'EUR', 41, 5, '2024-05-28', 0, 6324),
	(1, 1, 22, 'EUR', 43, 0, '2023-05-03', 48000, 0),
	(1, 1, 22, 'EUR', 46, 1, '2024-03-11', 61550, 0),
	(1, 1, 22, 'EUR', 55, 2, '2023-07-30', 3315, 0),
	(1, 1, 13, 'EUR', 43, 0, '2023-05-03', 0, 48000),
	(1, 1, 13, 'EUR', 44, 1, '2023-05-20', 24000, 0),
	(1, 1, 13, 'EUR', 45, 2, '2023-06-02', 24000, 0),
	(1, 1, 13, 'EUR', 46, 3, '2024-03-11', 0, 61550),
	(1, 1, 13, 'EUR', 47, 4, '2024-03-12', 0, 9000),
	(1, 1, 13, 'EUR', 48, 5, '2024-03-12', 9000, 0),
	(1, 1, 24, 'EUR', 47, 0, '2024-03-12', 9000, 0),
	(1, 1, 24, 'EUR', 48, 1, '2024-03-12', 0, 9000),
	(1, 1, 23, 'EUR', 49, 0, '2024-01-15', 30000, 0),
	(1, 1, 23, 'EUR', 50, 1, '2024-02-01', 0, 30000),
	(1, 1, 23, 'EUR', 51, 2, '2023-05-01', 30000, 0),
	(1, 1, 23, 'EUR', 52, 3, '2023-09-01', 30000, 0),
	(1, 1, 23, 'EUR', 53, 4, '2024-04-01', 30000, 0),
	(1, 1, 18, 'USD', 54, 0, '2023-07-09', 0, 11000),
	(1, 1, 18, 'EUR', 54, 0, '2023-07-09', 10000, 0),
	(1, 1, 15, 'PTS', 56, 0, '2023-09-01', 0, 1250125),
	(1, 1, 15, 'PTS', 57, 1, '2023-10-01', 99999999999999999999999, 0),
	(1, 1, 22, 'PTS', 56, 0, '2023-09-01', 1250125, 0),
	(1, 1, 22, 'PTS', 57, 1, '2023-10-01', 0, 99999999999999999999999),
	(1, 1, 12, 'EUR', 70, 0, '2023-12-31', 7525, 0),
	(1, 1, 22, 'EUR', 70, 3, '2023-12-31', 0, 7525),
	(1, 1, 25, 'EUR', 71, 0, '2024-03-31', 12000, 0),
	(1, 1, 26, 'EUR', 71, 0, '2024-03-31', 0, 12000),
	(1, 1, 11, 'EUR', 72, 0, '2023-06-15', 96000, 0),
	(1, 1, 8, 'EUR', 72, 16, '2023-06-15', 0, 96000),
	(1, 1, 9, 'USD', 73, 2, '2024-03-31', 440, 0),
	(1, 1, 18, 'USD', 73, 1, '2024-03-31', 0, 440),
	(1, 1, 19, 'EUR', 74, 6, '2024-03-31', 400000, 0),
	(1, 1, 22, 'EUR', 74, 4, '2024-03-31', 0, 51975),
	(1, 1, 17, 'EUR', 74, 0, '2024-03-31', 0, 348025),
	(1, 1, 7, 'EUR', 83, 13, '2024-06-01', 4150, 0),
	(1, 1, 7, 'EUR', 84, 14, '2024-06-08', 7700, 0),
	(1, 1, 20, 'EUR', 83, 0, '2024-06-01', 0, 4150),
	(1, 1, 82, 'EUR', 84, 0, '2024-06-08', 0, 7700),
	(2, 1, 2, 'USD', 37, 0, '2024-01-01', 90000, 0),
	(2, 1, 10, 'USD', 37, 0, '2024-01-01', 0, 90000),
	(2, 1, 2, 'USD', 38, 1, '2024-01-25', 185000, 0),
	(2, 1, 13, 'USD', 38, 0, '2024-01-25', 0, 185000),
	(2, 1, 17, 'USD', 39, 0, '2024-01-03', 70000, 0),
	(2, 1, 2, 'USD', 39, 2, '2024-01-03', 0, 70000),
	(2, 1, 15, 'USD', 40, 0, '2024-01-12', 145, 0),
	(2, 1, 6, 'USD', 40, 0, '2024-01-12', 0, 145),
	(2, 1, 2, 'USD', 41, 3, '2024-02-25', 185000, 0),
	(2, 1, 13, 'USD', 41, 1, '2024-02-25', 0, 185000),
	(2, 1, 17, 'USD', 42, 1, '2024-02-03', 70000, 0),
	(2, 1, 2, 'USD', 42, 4, '2024-02-03', 0, 70000),
	(2, 1, 15, 'USD', 43, 1, '2024-02-12', 245, 0),
	(2, 1, 6, 'USD', 43, 1, '2024-02-12', 0, 245),
	(2, 1, 2, 'USD', 44, 5, '2024-03-25', 185000, 0),
	(2, 1, 2, 'USD', 45, 6, '2024-03-03', 0, 70000),
	(2, 1, 13, 'USD', 44, 2, '2024-03-25', 0, 185000),
	(2, 1, 17, 'USD', 45, 2, '2024-03-03', 70000, 0),
	(2, 1, 15, 'USD', 46, 2, '2024-03-12', 345, 0),
	(2, 1, 6, 'USD', 46, 2, '2024-03-12', 0, 345),
	(2, 1, 6, 'USD', 47, 3, '2024-03-28', 345, 0),
	(2, 1, 2, 'USD', 47, 7, '2024-03-28', 0, 345),
	(2, 1, 1, 'USD', 48, 0, '2024-04-02', 6000, 0),
	(2, 1, 2, 'USD', 48, 8, '2024-04-02', 0, 6000);

INSERT INTO public.journal VALUES
	(1, 0, '01a22b9e-2437-7a0e-8f11-8600ab1f20fc', 1796028114030752, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323433372d376130652d386631312d383630306162316632306663222c22646174615f736861323536223a2235646661633661363164333362343631373139626632393630373939376665666233343238633436373065356334303038373961643937636534613634653634222c226964223a2230316132326239652d323433372d376130652d386631312d383630306162316632306663222c226b6579223a226f70656e2d31222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231383462333431363665333232613965323863626532346263316431663333646231613838623735666638613432313961386337396534336666373663613537222c22706f736974696f6e223a302c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35342e3033303735325a222c2272657175657374223a2230316132326239652d323336322d373265612d386635612d666334363865373534326233222c22736368656d61223a312c2274797065223a224c65646765724f70656e6564222c2276223a317d', '\x7b2263757272656e6379223a22555344222c2266697363616c5f796561725f7374617274223a2230312d3031222c226e6f6e6365223a223434643439326561373332386533353435376339653230393337333733393362222c226f776e6572223a226d7a7437676765346664356633666472326775336b666661222c22726574656e74696f6e5f7965617273223a382c2274696d655f7a6f6e65223a22555443227d'),
	(1, 1, '01a22b9e-25b3-7882-ab14-37cd65e6fca1', 1796028114364488, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323562332d373838322d616231342d333763643635653666636131222c22646174615f736861323536223a2237373335356236656365343239626533666237336535313131636239393837336534653961666639383834613363383938373034353034386163666330646234222c226964223a2230316132326239652d323562332d373838322d616231342d333763643635653666636131222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a312c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35342e3336343438385a222c2272657175657374223a2230316132326239652d323537322d376534342d616239622d363930373164326334666631222c22736368656d61223a312c2274797065223a2243757272656e63794465636c61726564222c2276223a317d', '\x7b2263757272656e6379223a22455552222c227363616c65223a327d'),
	(1, 2, '01a22b9e-25b3-722e-8b7f-5a6d88b62dd1', 1796028114364488, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323562332d373838322d616231342d333763643635653666636131222c22646174615f736861323536223a2265646362643831646434343332353634656637393961623531376564343032613161366437666566613031323461303232363436323561303139353561333033222c226964223a2230316132326239652d323562332d373232652d386237662d356136643838623632646431222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a322c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35342e3336343438385a222c2272657175657374223a2230316132326239652d323537322d376534342d616239622d363930373164326334666631222c22736368656d61223a312c2274797065223a224c656467657255706461746564222c2276223a317d', '\x7b2263757272656e6379223a22455552222c2266697363616c5f796561725f7374617274223a2230342d3031227d'),
	(1, 3, '01a22b9e-2604-7b62-933b-8b556e9f4a5d', 1796028114437290, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323630342d376236322d393333622d386235353665396634613564222c22646174615f736861323536223a2233633532346633303039636233633933656565373562336364663439306164613935366164376230386536646633393437336266343031343262623336643064222c226964223a2230316132326239652d323630342d376236322d393333622d386235353665396634613564222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2230626634666139333032303738303366366461666364356665636134623437643163396530323030393430323238346364663231306534653938666236363062222c22706f736974696f6e223a332c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35342e3433373239305a222c2272657175657374223a2230316132326239652d323565362d373566352d613663622d353932626264653338363535222c22736368656d61223a312c2274797065223a224c656467657255706461746564222c2276223a317d', '\x7b22726574656e74696f6e5f7965617273223a31302c2274696d655f7a6f6e65223a224575726f70652f4c6973626f6e227d'),
	(1, 4, '01a22b9e-265e-7ee5-a2ad-8626e9276b30', 1796028114668040, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323635652d376565352d613261642d383632366539323736623330222c22646174615f736861323536223a2261383765343162633635386661646532616636316365323031336530313466333933643934656130356433653963366337303439616562363330306366663563222c226964223a2230316132326239652d323635652d376565352d613261642d383632366539323736623330222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a342c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35342e3636383034305a222c2272657175657374223a2230316132326239652d323633332d376263652d616233332d343031623938653663346161222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a22626f6f6b6b6565706572222c2275736572223a227875716d62367334643774346f366c6d3432336b61376a6c227d'),
	(1, 5, '01a22b9e-2863-7346-8324-07b7372fd2f1', 1796028115125308, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323836332d373334362d383332342d303762373337326664326631222c22646174615f736861323536223a2234343664313663323332383834376137626332353961303733663361333062303866316530623634396234313962646134356536623239346339386430626335222c226964223a2230316132326239652d323836332d373334362d383332342d303762373337326664326631222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a352c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35352e3132353330385a222c2272657175657374223a2230316132326239652d323834332d373039632d613861352d333630633830313838666637222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a2261756469746f72222c22756e74696c223a22323039392d31322d33315432333a30303a30302e3030303030305a222c2275736572223a22756f6b7377657a6f6f7a767a62656c37657979367075726f227d'),
	(1, 6, '01a22b9e-290e-75aa-ae8a-605b1f67289c', 1796028115274686, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d323930652d373561612d616538612d363035623166363732383963222c22646174615f736861323536223a2232363965633733346139353830663934396133326161663462323264363537346362383763373131316564366364373364633066626463376236343762386566222c226964223a2230316132326239652d323930652d373561612d616538612d363035623166363732383963222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a362c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35352e3237343638365a222c2272657175657374223a2230316132326239652d323865302d376636372d386262652d343436373966323164323764222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a22766965776572222c2275736572223a227271357761343266666564616c6d367a6667626d776f7478227d'),
	(1, 7, '01a22b9e-2c51-7083-b5e0-e282aa581de6', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373038332d623565302d653238326161353831646536222c22646174615f736861323536223a2261396565373634313534633132613639666132366161646639396439643665396636646461356563643366626632623633396561323662643965356633663563222c226964223a2230316132326239652d326335312d373038332d623565302d653238326161353831646536222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239656331666365356531363736656136333730316662653065396335353730383935313764623464356237633831636161336537373535336630383866373233222c22706f736974696f6e223a372c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2231303030222c22726f6c65223a2263617368222c2274797065223a226173736574227d'),
	(1, 8, '01a22b9e-2c51-74da-89c5-6a60ba580a4a', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373464612d383963352d366136306261353830613461222c22646174615f736861323536223a2262353836393638376333386464353531656330663963396534626432643539616332663231376463646535383138313334616163313064633836643263663733222c226964223a2230316132326239652d326335312d373464612d383963352d366136306261353830613461222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2234303062393233333231613664356432323234353461366263623937306365646636373734313933336566633033613037643532663130333866333134376332222c22706f736974696f6e223a382c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2231323030222c22726f6c65223a2262616e6b222c2274797065223a226173736574227d'),
	(1, 9, '01a22b9e-2c51-7545-9dbf-f29e2842635e', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373534352d396462662d663239653238343236333565222c22646174615f736861323536223a2237613334646466383337306232663330373335333430646335333732653030623536343234386563316536316432373366643638396336363338333035323530222c226964223a2230316132326239652d326335312d373534352d396462662d663239653238343236333565222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2233363165663965623336633637326162376334666235323737393137313032346664343532363630613137323338626330326537623136386233303234366236222c22706f736974696f6e223a392c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b2263757272656e63696573223a5b22555344225d2c226e6f726d616c223a226465626974222c226e756d626572223a2231323130222c22726f6c65223a2262616e6b222c2274797065223a226173736574227d'),
	(1, 10, '01a22b9e-2c51-7d92-9544-cc08776a3f6d', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376439322d393534342d636330383737366133663664222c22646174615f736861323536223a2264646537353530653736653133346663323836383638396537303566376435316463626237343139303661306339613166343365623439313062326365313061222c226964223a2230316132326239652d326335312d376439322d393534342d636330383737366133663664222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2238333361383435383134636431633565613831633861643961333936353463663664323565623361343034623535653830386636343830653836373034643933222c22706f736974696f6e223a31302c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2231333030222c22726f6c65223a2272656365697661626c65222c2274797065223a226173736574227d'),
	(1, 11, '01a22b9e-2c51-7dd7-a697-f0d607b71024', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376464372d613639372d663064363037623731303234222c22646174615f736861323536223a2262613035353864376136376666303665646634383036636336346563333865656631326533313636333663623235396462373236656535613362323564636661222c226964223a2230316132326239652d326335312d376464372d613639372d663064363037623731303234222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2237303637613535383131303037336232653433646664393233363039623039336537656161356164343533383930646233333563643331373663376666316337222c22706f736974696f6e223a31312c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2231353030222c2274797065223a226173736574227d'),
	(1, 12, '01a22b9e-2c51-7f04-ab24-10514644cbb4', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376630342d616232342d313035313436343463626234222c22646174615f736861323536223a2266353034663164303266376564303639363630633235343732613632646237653165356631356433313461616266306662343164363630316566623361653463222c226964223a2230316132326239652d326335312d376630342d616232342d313035313436343463626234222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2232643836366537666138386439323065353061383139626331666333616538616234396236313330623438396338363665373662646361306234373537306666222c22706f736974696f6e223a31322c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2231363030222c2274797065223a226173736574227d'),
	(1, 13, '01a22b9e-2c51-77ea-8cc9-780397281188', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373765612d386363392d373830333937323831313838222c22646174615f736861323536223a2261393535333463653664623631323365303536396161343966366637383761623338363238363237373761626637373065626439373235636132633364376530222c226964223a2230316132326239652d326335312d373765612d386363392d373830333937323831313838222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231313439346230333762343366393530333533333438633334366562316162646531643266626465393764656331656565303131633837313435646538333966222c22706f736974696f6e223a31332c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2232303030222c22726f6c65223a2270617961626c65222c2274797065223a226c696162696c697479227d'),
	(1, 14, '01a22b9e-2c51-7364-ae02-ad6e603f5ea0', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373336342d616530322d616436653630336635656130222c22646174615f736861323536223a2235666264346539383361396361393134383730333232343038343636323739316661653265366533623934666239386461613431613730616234656234646230222c226964223a2230316132326239652d326335312d373336342d616530322d616436653630336635656130222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2266663236613365373833313037333462343238333764663839353565623931356539613865646338346636326164326330343132353133316165623063383161222c22706f736974696f6e223a31342c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2232313030222c22726f6c65223a22746178222c2274797065223a226c696162696c697479227d'),
	(1, 15, '01a22b9e-2c51-7e5a-a6d1-fa2bf0a5a824', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376535612d613664312d666132626630613561383234222c22646174615f736861323536223a2261333564336536613564363632663433616631386535363035383531393964663734613032346237316538643735353439333134376535613731646131643664222c226964223a2230316132326239652d326335312d376535612d613664312d666132626630613561383234222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2237336266323665363131373937356631306565376331376161663762393837616135336437663463393632366134633730653765613665623836623363623861222c22706f736974696f6e223a31352c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2232323030222c2274797065223a226c696162696c697479227d'),
	(1, 16, '01a22b9e-2c51-720c-a46d-7a3f965ee9d3', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373230632d613436642d376133663936356565396433222c22646174615f736861323536223a2236323935303032353834376164663764633066326465643431643437663166323831643130653764623530626465383566666538663730343366366136323433222c226964223a2230316132326239652d326335312d373230632d613436642d376133663936356565396433222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2233353937316334613238313762666633346333376232323535613138366138653534646534356136333637663163353231373436313730633665373666636234222c22706f736974696f6e223a31362c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2233303030222c2274797065223a22657175697479227d'),
	(1, 17, '01a22b9e-2c51-720f-9bee-284ea221fbda', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373230662d396265652d323834656132323166626461222c22646174615f736861323536223a2235316466633536353432616235666231653733633235313065316331643034336562333163356662306631616239303630343639646133316633653464663537222c226964223a2230316132326239652d326335312d373230662d396265652d323834656132323166626461222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2263363163653562373230343662653534346566656632396633343965343534366637653632376430333438623331613762383535336231376562666266643032222c22706f736974696f6e223a31372c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2233313030222c22726f6c65223a2272657461696e65645f6561726e696e6773222c2274797065223a22657175697479227d'),
	(1, 18, '01a22b9e-2c51-7edc-bce2-370124d4686e', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376564632d626365322d333730313234643436383665222c22646174615f736861323536223a2239643033306265313962646131313639653630656535633434396163373830323337373431656463303833343864343139333334366464633139643265643261222c226964223a2230316132326239652d326335312d376564632d626365322d333730313234643436383665222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2262323766666263396166353936333732383430383561633134353333313739383038623630636632336234633631383861633534353834303238643131316436222c22706f736974696f6e223a31382c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2233323030222c22726f6c65223a226678222c2274797065223a22657175697479227d'),
	(1, 19, '01a22b9e-2c51-7691-b279-a29145cdc4bd', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373639312d623237392d613239313435636463346264222c22646174615f736861323536223a2263373932383430386166323438656535643436313265383132643232363664343063356663666133643637316536336437306534656663386537313232356163222c226964223a2230316132326239652d326335312d373639312d623237392d613239313435636463346264222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239633139613063376232643233646362396233356361656331313035363139323962636330396138386337373332393433356663643230376337316334313334222c22706f736974696f6e223a31392c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2234303030222c2274797065223a22696e636f6d65227d'),
	(1, 20, '01a22b9e-2c51-71c5-ac50-7d932a247acd', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373163352d616335302d376439333261323437616364222c22646174615f736861323536223a2237346332383530636162613738313930326161636164366232386266613264306438633332626336653636636431336333363333646336323163616365373730222c226964223a2230316132326239652d326335312d373163352d616335302d376439333261323437616364222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2236333732333532393731663437653235636631613535616336343866663139643464363431396132303836313162333664633963666262636464386562616363222c22706f736974696f6e223a32302c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c226e756d626572223a2234313030222c2274797065223a22696e636f6d65227d'),
	(1, 21, '01a22b9e-2c51-7596-ae3a-9182780ce4cb', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373539362d616533612d393138323738306365346362222c22646174615f736861323536223a2262353236656562613336623862656238316538616365313137623462633466373037306139623366323931356338643834646632376338666636663738636463222c226964223a2230316132326239652d326335312d373539362d616533612d393138323738306365346362222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2233396530316263353335663763326363363630316539393465666337346261633235646366303065633264386164333030656132656266333739353832303562222c22706f736974696f6e223a32312c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c22726f6c65223a22726f756e64696e67222c2274797065223a22696e636f6d65227d'),
	(1, 22, '01a22b9e-2c51-7e72-b9f9-65158c249bf2', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376537322d623966392d363531353863323439626632222c22646174615f736861323536223a2235376236366430623137383266613361336132373431373335393263353835353363383665643336376533316436306164346438333537326433393934623934222c226964223a2230316132326239652d326335312d376537322d623966392d363531353863323439626632222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231333438326532373663363335353863656663303934306139623165376638653734613630303161323137383864343466336462663865646266656162346532222c22706f736974696f6e223a32322c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2235303030222c2274797065223a22657870656e7365227d'),
	(1, 23, '01a22b9e-2c51-7307-87bf-dedbded30dda', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373330372d383762662d646564626465643330646461222c22646174615f736861323536223a2264343136383864313961653138383262303638653063393233323834343638366366383930346334643062383938323161343466323262656536623561616365222c226964223a2230316132326239652d326335312d373330372d383762662d646564626465643330646461222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2237366633336430383932613731636336653064623332333934316436393162663165316639623936656235396662376338643039333038303437343664646663222c22706f736974696f6e223a32332c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2235313030222c2274797065223a22657870656e7365227d'),
	(1, 24, '01a22b9e-2c51-7e25-be47-683c51cb622d', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376532352d626534372d363833633531636236323264222c22646174615f736861323536223a2235343537386636396432616237613163643331623764393534663638643433356162383231373734333535353330613533306164333765653036343361393630222c226964223a2230316132326239652d326335312d376532352d626534372d363833633531636236323264222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2233336139363031636439636132646138343830613835323530653930366664663165303730306566386434663833626564396335653434353061616637383232222c22706f736974696f6e223a32342c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2235323030222c2274797065223a22657870656e7365227d'),
	(1, 25, '01a22b9e-2c51-7b64-bf2b-df65e285c1f6', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d376236342d626632622d646636356532383563316636222c22646174615f736861323536223a2265363736313037373336633936303764666336623061336533633931376537643532336434643037323939326563386566383264346635393732393361663630222c226964223a2230316132326239652d326335312d376236342d626632622d646636356532383563316636222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2236353434343534333233393238376232333734636266386336393439616430386665643737633232663538313664616635353137613563326639306663613263222c22706f736974696f6e223a32352c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c226e756d626572223a2235333030222c2274797065223a22657870656e7365227d'),
	(1, 26, '01a22b9e-2c51-77f4-a47f-a8b55005a693', 1796028116058568, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326335312d373766342d613437662d613862353530303561363933222c22646174615f736861323536223a2231613234633065313739376233356638303233353237343736303130663764613265336165383364353733663534623733633933326238303163646462366431222c226964223a2230316132326239652d326335312d373766342d613437662d613862353530303561363933222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2233346639326234343661616135376137313137666462353862663431333738333836626439326664383830393635393562636136343338306437396437346231222c22706f736974696f6e223a32362c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3035383536385a222c2272657175657374223a2230316132326239652d326334652d373639302d386563332d363439653965333633666662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a226173736574227d'),
	(1, 27, '01a22b9e-2c8d-716a-9534-375d384e1273', 1796028116128519, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326338642d373136612d393533342d333735643338346531323733222c22646174615f736861323536223a2266653230623735376331306165303464333036623136663061366234333739626239646134346436313830633533656564633562613239626663336133363231222c226964223a2230316132326239652d326338642d373136612d393533342d333735643338346531323733222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a32372c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3132383531395a222c2272657175657374223a2230316132326239652d326338352d376565302d396434312d363830376665373731316132222c22736368656d61223a312c2274797065223a2243757272656e63794465636c61726564222c2276223a317d', '\x7b2263757272656e6379223a22505453222c227363616c65223a337d'),
	(1, 28, '01a22b9e-2cc1-7ba4-ae48-d2e079ad81de', 1796028116228114, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326363312d376261342d616534382d643265303739616438316465222c22646174615f736861323536223a2264326635376338343134336533656530373339656330323461643263373035326262336562353539666565616463396132333039633434386561396137616361222c226964223a2230316132326239652d326363312d376261342d616534382d643265303739616438316465222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a32382c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3232383131345a222c2272657175657374223a2230316132326239652d326362632d376634342d623963652d626231376465323938333538222c22736368656d61223a312c2274797065223a2243757272656e63794465636c61726564222c2276223a317d', '\x7b2263757272656e6379223a224a5059222c227363616c65223a307d'),
	(1, 29, '01a22b9e-2d6a-7631-8fe4-ebd8c0fc3717', 1796028116331167, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326436612d373633312d386665342d656264386330666333373137222c22646174615f736861323536223a2230363638363862653562643761373737643033613832666264356538656437373931613464383132666663376533323336373532633130623565373662646265222c226964223a2230316132326239652d326436612d373633312d386665342d656264386330666333373137222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a32392c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3333313136375a222c2272657175657374223a2230316132326239652d326434392d376165382d383936302d613366356330333361343961222c22736368656d61223a312c2274797065223a2243757272656e63794465636c61726564222c2276223a317d', '\x7b2263757272656e6379223a22555344222c227363616c65223a327d'),
	(1, 30, '01a22b9e-2d6a-796f-bc5f-084fa23521ae', 1796028116331167, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d326436612d373633312d386665342d656264386330666333373137222c22646174615f736861323536223a2232353062373263636333333465313063623164373761656463366263653237373963633339643732373432633265653534333936353966396537313633663061222c226964223a2230316132326239652d326436612d373936662d626335662d303834666132333532316165222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2265303831633736613131363265353232636537393665323330313139653534353566323538353866646365613335383135636338383036356466353330623531222c22706f736974696f6e223a33302c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3333313136375a222c2272657175657374223a2230316132326239652d326434392d376165382d383936302d613366356330333361343961222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30342d3031222c226b696e64223a226f70656e696e67222c226e756d626572223a312c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a223135302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a382c22616d6f756e74223a22383230302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a392c22616d6f756e74223a223430302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31362c22616d6f756e74223a222d383335302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31362c22616d6f756e74223a222d3430302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a224f42227d'),
	(1, 31, '01a22b9e-2e0c-7ece-a173-9f9565c545c7', 1796028116563733, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d326530632d376563652d613137332d396639353635633534356337222c22646174615f736861323536223a2264323361303932613463376133333033383538383735623363316339636361363031303064366534633732386437303264316264376235663334663139626139222c226964223a2230316132326239652d326530632d376563652d613137332d396639353635633534356337222c226b6579223a2274696c6c2d323032332d3034222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2236623966373465303462323132613132663934323530643161373662636366646438333330343335343134663163306439393665633737306566303439626131222c22706f736974696f6e223a33312c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3536333733335a222c2272657175657374223a2230316132326239652d326462362d376562642d626164612d396365333230343634363735222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30342d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a312c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a223636372e3830222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31392c22616d6f756e74223a222d3633302e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227368696674223a22646179222c227374616e64223a2270696572227d2c227175616e74697479223a7b22616d6f756e74223a222d323130222c22756e6974223a22637570227d2c22746178223a7b2262617365223a222d3633302e3030222c22636f6465223a225636227d7d2c7b226163636f756e74223a31342c22616d6f756e74223a222d33372e3830222c2263757272656e6379223a22455552222c22746178223a7b2262617365223a222d3633302e3030222c22636f6465223a225636227d7d5d2c22736572696573223a2241227d'),
	(1, 32, '01a22b9e-2ea0-7db0-9f34-a1f7bcb9d290', 1796028116647304, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d326561302d376462302d396633342d613166376263623964323930222c22646174615f736861323536223a2262363935666162346466326531663637353834313031343331323962333466613932363231396462636435383664663538636230303965346431346136323534222c226964223a2230316132326239652d326561302d376462302d396633342d613166376263623964323930222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2235626539633034656132316636376461616161333364373931373337613661663263623034626262646533303263663838373837633136313162336238623466222c22706f736974696f6e223a33322c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3634373330345a222c2272657175657374223a2230316132326239652d326538342d373935332d396534382d633531633862346535343831222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30342d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a322c22706f7374696e6773223a5b7b226163636f756e74223a382c22616d6f756e74223a223633302e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032332d30342d3238227d2c7b226163636f756e74223a372c22616d6f756e74223a222d3633302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 33, '01a22b9e-2f15-7ed0-8a38-a0f476ec6197', 1796028116793058, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d326631352d376564302d386133382d613066343736656336313937222c22646174615f736861323536223a2264326464323264633231633433353232643738323365643638353631373739366534336662613031333566663932373961653965666234323665323130353133222c226964223a2230316132326239652d326631352d376564302d386133382d613066343736656336313937222c226b6579223a2274696c6c2d323032332d3036222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2238336236316537306332346431336664333031393062626365333536323939633437393335646664383266633965623435626534613132346362643332633539222c22706f736974696f6e223a33332c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3739333035385a222c2272657175657374223a2230316132326239652d326566342d373638312d393136352d663862386161396435656438222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30362d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a332c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a22313038312e3230222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31392c22616d6f756e74223a222d313032302e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227368696674223a22646179222c227374616e64223a2270696572227d2c227175616e74697479223a7b22616d6f756e74223a222d333430222c22756e6974223a22637570227d2c22746178223a7b2262617365223a222d313032302e3030222c22636f6465223a225636227d7d2c7b226163636f756e74223a31342c22616d6f756e74223a222d36312e3230222c2263757272656e6379223a22455552222c22746178223a7b2262617365223a222d313032302e3030222c22636f6465223a225636227d7d5d2c22736572696573223a2241227d'),
	(1, 61, '01a22b9e-3fd7-796f-b01e-c326fe9cfaeb', 1796028121051629, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d336664372d373936662d623031652d633332366665396366616562222c22646174615f736861323536223a2264363166333535623336353736356238383461393565393737303335613636663639353666343332656633626430663936666537653163623965383630396537222c226964223a2230316132326239652d336664372d373936662d623031652d633332366665396366616562222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3035313632395a222c2272657175657374223a2230316132326239652d336663642d373039632d626334392d376432636237393636336462222c22736368656d61223a312c2274797065223a224163636f756e7455706461746564222c2276223a317d', '\x7b226163636f756e74223a31352c2263757272656e63696573223a5b22455552222c22505453225d7d'),
	(1, 34, '01a22b9e-2f6a-76c6-8681-a02a7823a9ba', 1796028116879490, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d326636612d373663362d383638312d613032613738323361396261222c22646174615f736861323536223a2265393266343130383330633234316432333566316165366563323631646366396134323131323332656463303961366564316339616363333863636238353434222c226964223a2230316132326239652d326636612d373663362d383638312d613032613738323361396261222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231616466373539666532663530643330376361663731616334636635313739636234323935643630633336643235393332626163303536666435653731393233222c22706f736974696f6e223a33342c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3837393439305a222c2272657175657374223a2230316132326239652d326636372d373462382d623339352d643765303762666437643666222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30362d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a342c22706f7374696e6773223a5b7b226163636f756e74223a382c22616d6f756e74223a22313032302e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032332d30362d3238227d2c7b226163636f756e74223a372c22616d6f756e74223a222d313032302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 35, '01a22b9e-2fd1-71aa-bbb5-afc8446fe39c', 1796028116978655, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d326664312d373161612d626262352d616663383434366665333963222c22646174615f736861323536223a2231363862373938303637313032373566623839643838363434313038316462333665386234626335313730653063613662653661363461323434643361343139222c226964223a2230316132326239652d326664312d373161612d626262352d616663383434366665333963222c226b6579223a2274696c6c2d323032332d3038222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2264346639643934656566663562376362303236333663386630663038633937376665663861383339323435633637616130666535376665366132666530666336222c22706f736974696f6e223a33352c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35362e3937383635355a222c2272657175657374223a2230316132326239652d326663372d373534652d613463642d666138326137636530373034222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30382d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a352c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a22313731322e3936222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31392c22616d6f756e74223a222d313631362e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227368696674223a22646179222c227374616e64223a2270696572227d2c227175616e74697479223a7b22616d6f756e74223a222d353035222c22756e6974223a22637570227d2c22746178223a7b2262617365223a222d313631362e3030222c22636f6465223a225636227d7d2c7b226163636f756e74223a31342c22616d6f756e74223a222d39362e3936222c2263757272656e6379223a22455552222c22746178223a7b2262617365223a222d313631362e3030222c22636f6465223a225636227d7d5d2c22736572696573223a2241227d'),
	(1, 36, '01a22b9e-302f-7a53-9b19-ada839320be0', 1796028117045253, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333032662d376135332d396231392d616461383339333230626530222c22646174615f736861323536223a2235323861636133633430363339633830646364343561393931393033303366333238613562366230633236656539353530656137373033363330313536303463222c226964223a2230316132326239652d333032662d376135332d396231392d616461383339333230626530222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2261376563346464643833613631323466366537633432636532356564663438643163386339633937396534306538613035383062373038356533396663363363222c22706f736974696f6e223a33362c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3034353235335a222c2272657175657374223a2230316132326239652d333031312d376462322d386134322d343961326538353765653532222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30382d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a362c22706f7374696e6773223a5b7b226163636f756e74223a382c22616d6f756e74223a22313631362e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032332d30382d3238227d2c7b226163636f756e74223a372c22616d6f756e74223a222d313631362e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 37, '01a22b9e-3060-7421-8fa8-a48eec72785b', 1796028117109572, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333036302d373432312d386661382d613438656563373237383562222c22646174615f736861323536223a2232613735623834663338306537666538366162656136646263383561313566666231396262653532383637393339383665316339626233653932383332633163222c226964223a2230316132326239652d333036302d373432312d386661382d613438656563373237383562222c226b6579223a2274696c6c2d323032332d3131222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2237323531643039336430366336656431363564626131326536326666363236326236306531393235363865396164396531343935383262663239333231353565222c22706f736974696f6e223a33372c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3130393537325a222c2272657175657374223a2230316132326239652d333035662d373439332d396239622d383539386363323063383639222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d31312d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a372c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a223534322e3732222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31392c22616d6f756e74223a222d3531322e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227368696674223a22646179222c227374616e64223a2270696572227d2c227175616e74697479223a7b22616d6f756e74223a222d313630222c22756e6974223a22637570227d2c22746178223a7b2262617365223a222d3531322e3030222c22636f6465223a225636227d7d2c7b226163636f756e74223a31342c22616d6f756e74223a222d33302e3732222c2263757272656e6379223a22455552222c22746178223a7b2262617365223a222d3531322e3030222c22636f6465223a225636227d7d5d2c22736572696573223a2241227d'),
	(1, 38, '01a22b9e-30c1-76a3-af12-f2ff3877edee', 1796028117194786, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333063312d373661332d616631322d663266663338373765646565222c22646174615f736861323536223a2262376162306539643862363135366163306138666133356262663763643538303739306563663834613035626437303832656237653130623730363165633937222c226964223a2230316132326239652d333063312d373661332d616631322d663266663338373765646565222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2232366534636365353936653466313063653961333632653835333738373639353937323434353063333539633661326435666633666137626639636135393137222c22706f736974696f6e223a33382c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3139343738365a222c2272657175657374223a2230316132326239652d333061312d376262632d386637362d313762376162353038616333222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d31312d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a382c22706f7374696e6773223a5b7b226163636f756e74223a382c22616d6f756e74223a223531322e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032332d31312d3238227d2c7b226163636f756e74223a372c22616d6f756e74223a222d3531322e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 39, '01a22b9e-30eb-73ad-b255-9df46ac6055b', 1796028117248195, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333065622d373361642d623235352d396466343661633630353562222c22646174615f736861323536223a2265663766366238316636643931373237636335383832353363356239656461326231633734366564336666373233366635613265363533366333636363386364222c226964223a2230316132326239652d333065622d373361642d623235352d396466343661633630353562222c226b6579223a2274696c6c2d323032342d3032222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239653661613437356164373163643232626663333632623264363335316533356262346639323761316236323532363933323730303732643065323930343836222c22706f736974696f6e223a33392c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3234383139355a222c2272657175657374223a2230316132326239652d333064652d373537332d396238632d626336373333336430373236222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30322d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a392c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a223530342e3536222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31392c22616d6f756e74223a222d3437362e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227368696674223a22646179222c227374616e64223a2270696572227d2c227175616e74697479223a7b22616d6f756e74223a222d313430222c22756e6974223a22637570227d2c22746178223a7b2262617365223a222d3437362e3030222c22636f6465223a225636227d7d2c7b226163636f756e74223a31342c22616d6f756e74223a222d32382e3536222c2263757272656e6379223a22455552222c22746178223a7b2262617365223a222d3437362e3030222c22636f6465223a225636227d7d5d2c22736572696573223a2241227d'),
	(1, 40, '01a22b9e-313f-77e1-a2b6-55b272d7f26d', 1796028117317978, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333133662d373765312d613262362d353562323732643766323664222c22646174615f736861323536223a2261323131383735336666643062663464333132636230396136346230306636643733643266383331353230613063343035333562343762643039636334616137222c226964223a2230316132326239652d333133662d373765312d613262362d353562323732643766323664222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2232303766343461316534663633333730366131376634633733303039653533353565346563636461343832303634333439376130303237636462353361373065222c22706f736974696f6e223a34302c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3331373937385a222c2272657175657374223a2230316132326239652d333131662d373133372d616138622d623561633763666661643034222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30322d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a31302c22706f7374696e6773223a5b7b226163636f756e74223a382c22616d6f756e74223a223437362e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032342d30322d3238227d2c7b226163636f756e74223a372c22616d6f756e74223a222d3437362e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 41, '01a22b9e-3173-7072-a1cb-2b1c20e161ec', 1796028117378724, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333137332d373037322d613163622d326231633230653136316563222c22646174615f736861323536223a2264653531383631336561653266356262383762326235633139663738346237633137636161616431653934653766353834623230313334316663636263646634222c226964223a2230316132326239652d333137332d373037322d613163622d326231633230653136316563222c226b6579223a2274696c6c2d323032342d3035222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2264346435376337653436356339353663313761653766306533343966396632623839333936626365623430376165373965643331653866363235303437343739222c22706f736974696f6e223a34312c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3337383732345a222c2272657175657374223a2230316132326239652d333135612d373664632d626231612d636632366462636663646531222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30352d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a312c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a22313131372e3234222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31392c22616d6f756e74223a222d313035342e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227368696674223a22646179222c227374616e64223a2270696572227d2c227175616e74697479223a7b22616d6f756e74223a222d333130222c22756e6974223a22637570227d2c22746178223a7b2262617365223a222d313035342e3030222c22636f6465223a225636227d7d2c7b226163636f756e74223a31342c22616d6f756e74223a222d36332e3234222c2263757272656e6379223a22455552222c22746178223a7b2262617365223a222d313035342e3030222c22636f6465223a225636227d7d5d2c22736572696573223a2241227d'),
	(1, 62, '01a22b9e-40bd-73c7-bcb8-77b1b4286120', 1796028121288894, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343062642d373363372d626362382d373762316234323836313230222c22646174615f736861323536223a2237623562633032643462373035613933663338336638313761396435316532383534633565376564626363363835353562663633333939613538333638643134222c226964223a2230316132326239652d343062642d373363372d626362382d373762316234323836313230222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3238383839345a222c2272657175657374223a2230316132326239652d343061372d373136362d616436392d336465323836663239393861222c22736368656d61223a312c2274797065223a224163636f756e7455706461746564222c2276223a317d', '\x7b226163636f756e74223a31307d'),
	(1, 42, '01a22b9e-3209-7724-9d5f-2c58e41a54a9', 1796028117538763, '\x7b226163746f72223a7b22666f72223a227875716d62367334643774346f366c6d3432336b61376a6c222c226964223a2230316132326239652d323965322d373839382d616463392d376361626261373330653330222c2274797065223a22746f6b656e227d2c22636f6d6d616e64223a2230316132326239652d333230392d373732342d396435662d326335386534316135346139222c22646174615f736861323536223a2263636136343864343333633363353433353965323062633139306164336261393934663362333938643933633439663036353838346465303332343861303761222c226964223a2230316132326239652d333230392d373732342d396435662d326335386534316135346139222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231303066643464646136356331316461636165366162353436356437373663653638306262653934383630353432376464643331356565666165626262656634222c22706f736974696f6e223a34322c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3533383736335a222c2272657175657374223a2230316132326239652d333165372d376236332d616331302d616434383933613334353064222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30352d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a322c22706f7374696e6773223a5b7b226163636f756e74223a382c22616d6f756e74223a22313035342e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032342d30352d3238227d2c7b226163636f756e74223a372c22616d6f756e74223a222d313035342e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 43, '01a22b9e-325b-7d45-9794-a164729c3d8b', 1796028117600990, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333235622d376434352d393739342d613136343732396333643862222c22646174615f736861323536223a2237353030356466393234323762323964643166613738316164366332643965323635633264663761646234363231646430313364363637626134386330633062222c226964223a2230316132326239652d333235622d376434352d393739342d613136343732396333643862222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2262323136313738336639363836353537303232346164633937303833656135613631313862306664386564666632373037613038376539633331356437633435222c22706f736974696f6e223a34332c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3630303939305a222c2272657175657374223a2230316132326239652d333235362d376630342d616434382d333461386336376661336161222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30352d3033222c22646f63756d656e74223a7b2264617465223a22323032332d30352d3032222c227061727479223a22532d3134222c22726566223a224c462d30303731222c22736861323536223a5b2239663836643038313838346337643635396132666561613063353561643031356133626634663162326230623832326364313564366331356230663030613038225d7d2c226b696e64223a226e6f726d616c222c226e756d626572223a31312c22706f7374696e6773223a5b7b226163636f756e74223a32322c22616d6f756e74223a223438302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31332c22616d6f756e74223a222d3438302e3030222c2263757272656e6379223a22455552222c22647565223a22323032332d30362d3032222c227061727479223a22532d3134227d5d2c22736572696573223a2241227d'),
	(1, 44, '01a22b9e-3289-7fe8-9157-ccd162bdf030', 1796028117645483, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333238392d376665382d393135372d636364313632626466303330222c22646174615f736861323536223a2262666633376166396430643237616135353134623863616162663864306365386139383031393630343032363734323032646161353661333635373763333562222c226964223a2230316132326239652d333238392d376665382d393135372d636364313632626466303330222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2230626465326332303462653432643630353765643632393063346336353835623236323065313234636465663864643638643330643432303566666636323961222c22706f736974696f6e223a34342c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3634353438335a222c2272657175657374223a2230316132326239652d333238382d376631312d383837642d636136353662336263306134222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30352d3230222c226b696e64223a226e6f726d616c222c226e756d626572223a31322c22706f7374696e6773223a5b7b226163636f756e74223a31332c22616d6f756e74223a223234302e3030222c2263757272656e6379223a22455552222c22647565223a22323032332d30362d3032222c227061727479223a22532d3134227d2c7b226163636f756e74223a382c22616d6f756e74223a222d3234302e3030222c2263757272656e6379223a22455552222c2276616c75655f64617465223a22323032332d30352d3231227d5d2c22736572696573223a2241227d'),
	(1, 45, '01a22b9e-32b7-7cde-8fbd-3a8a31ab1974', 1796028117706903, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333262372d376364652d386662642d336138613331616231393734222c22646174615f736861323536223a2235393835633566343064333431353364393338643330333365616232616231363330633639333039313062623165366339663663616131636136636261633932222c226964223a2230316132326239652d333262372d376364652d386662642d336138613331616231393734222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239383639343933633139396335393238356236613235343437616132656430346561626538626534646432613834363032626637303033346136623266383033222c22706f736974696f6e223a34352c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3730363930335a222c2272657175657374223a2230316132326239652d333261632d373666332d383039332d366630663866323465353434222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30362d3032222c226b696e64223a226e6f726d616c222c226e756d626572223a31332c22706f7374696e6773223a5b7b226163636f756e74223a31332c22616d6f756e74223a223234302e3030222c2263757272656e6379223a22455552222c227061727479223a22532d3134227d2c7b226163636f756e74223a382c22616d6f756e74223a222d3234302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 46, '01a22b9e-32d8-7ef3-8f87-83fc79156faf', 1796028117729655, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333264382d376566332d386638372d383366633739313536666166222c22646174615f736861323536223a2263346235636630386263353630383736613965663136666633666465393133646437356135643665636333383061343433343466393330633766613231306433222c226964223a2230316132326239652d333264382d376566332d386638372d383366633739313536666166222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2233646565376463363864313336333561353330656566356562363266396435333637326130616164323139373234366632656136393833663836623931646632222c22706f736974696f6e223a34362c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3732393635355a222c2272657175657374223a2230316132326239652d333264372d376530312d383434392d633939343966366436336532222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3131222c22646f63756d656e74223a7b22647565223a22323032342d30342d3130222c227061727479223a22532d3134222c22726566223a224c462d30313032227d2c226b696e64223a226e6f726d616c222c226e756d626572223a31342c22706f7374696e6773223a5b7b226163636f756e74223a32322c22616d6f756e74223a223631352e3530222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31332c22616d6f756e74223a222d3631352e3530222c2263757272656e6379223a22455552222c227061727479223a22532d3134227d5d2c22736572696573223a2241227d'),
	(1, 47, '01a22b9e-32f3-7d5a-a339-ebbd01b608d9', 1796028117762673, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333266332d376435612d613333392d656262643031623630386439222c22646174615f736861323536223a2264393433336232643034363064656532306464363466303264623137346430363566333833336465343034356238316439346436323935653366613262363539222c226964223a2230316132326239652d333266332d376435612d613333392d656262643031623630386439222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2235646137303739613633346264303437666636343232363362633231626364653034386331393438666166613262653837393933393937323630613838636139222c22706f736974696f6e223a34372c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3736323637335a222c2272657175657374223a2230316132326239652d333265632d376336612d616465302d613265663338373166336365222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3132222c226b696e64223a226e6f726d616c222c226e756d626572223a31352c22706f7374696e6773223a5b7b226163636f756e74223a32342c22616d6f756e74223a2239302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31332c22616d6f756e74223a222d39302e3030222c2263757272656e6379223a22455552222c22647565223a22323032342d30342d3031222c227061727479223a22532d3230227d5d2c22736572696573223a2241227d'),
	(1, 48, '01a22b9e-332b-750d-9a33-33df91b95b77', 1796028117862941, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333332622d373530642d396133332d333364663931623935623737222c22646174615f736861323536223a2233356639326466303130386237313562383334636466346262306335306433653966643964613636343235613032626434353036663664366338383366653839222c226964223a2230316132326239652d333332622d373530642d396133332d333364663931623935623737222c226b6579223a22756e646f2d31222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2234353032393362616637613863383731313339386261653339376139323236386637373233316233616430316231653065393831313939353630623737663230222c22706f736974696f6e223a34382c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3836323934315a222c2272657175657374223a2230316132326239652d333332302d373639332d613730372d333632386330626266303661222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3132222c226b696e64223a226e6f726d616c222c226e756d626572223a31362c22706f7374696e6773223a5b7b226163636f756e74223a32342c22616d6f756e74223a222d39302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31332c22616d6f756e74223a2239302e3030222c2263757272656e6379223a22455552222c22647565223a22323032342d30342d3031222c227061727479223a22532d3230227d5d2c227265766572736573223a2230316132326239652d333266332d376435612d613333392d656262643031623630386439222c22736572696573223a2241227d'),
	(1, 49, '01a22b9e-33a4-70b8-a700-fa1db6d19937', 1796028117928316, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333361342d373062382d613730302d666131646236643139393337222c22646174615f736861323536223a2262336637383339643464336533353935633039373762336362653335353135353232306263396364616665346466633831303864353463383064353063636534222c226964223a2230316132326239652d333361342d373062382d613730302d666131646236643139393337222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231343964656535346261383038663134623436613862343734393733613035333962323733653063383330363735656634366333393563336430366536323139222c22706f736974696f6e223a34392c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35372e3932383331365a222c2272657175657374223a2230316132326239652d333361332d376633342d383538312d363536303031306662626265222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30312d3135222c226b696e64223a226e6f726d616c222c226e756d626572223a31372c22706f7374696e6773223a5b7b226163636f756e74223a32332c22616d6f756e74223a223330302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a382c22616d6f756e74223a222d3330302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 50, '01a22b9e-33bf-7bfd-b17a-04abe2382f87', 1796028118050803, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333362662d376266642d623137612d303461626532333832663837222c22646174615f736861323536223a2233646166343930303937353666316334333864316437346561343530333865343762626563373163643366666339653939353539396266636433386265366562222c226964223a2230316132326239652d333362662d376266642d623137612d303461626532333832663837222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2238383239613737306166323839316262313962393565323332326431613761616538643061666662643532343563386561373764386138316666623237633965222c22706f736974696f6e223a35302c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3035303830335a222c2272657175657374223a2230316132326239652d333362652d376364302d383336642d313932633863356539636635222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30322d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a31382c22706f7374696e6773223a5b7b226163636f756e74223a32332c22616d6f756e74223a222d3330302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a382c22616d6f756e74223a223330302e3030222c2263757272656e6379223a22455552227d5d2c227265766572736573223a2230316132326239652d333361342d373062382d613730302d666131646236643139393337222c22736572696573223a2241227d'),
	(1, 51, '01a22b9e-3492-7fd4-9eed-2a40c3b22ba6', 1796028118164788, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333439322d376664342d396565642d326134306333623232626136222c22646174615f736861323536223a2233623539653062653832353433633334663135313035333934616639663434356262616131316133636138656664646530626130653366623961303133376637222c226964223a2230316132326239652d333439322d376664342d396565642d326134306333623232626136222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2231343565373065346466353737343735366338343564363033326166653331316238383665303233373033333037396661663164353164316337356538623439222c22706f736974696f6e223a35312c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3136343738385a222c2272657175657374223a2230316132326239652d333437622d373939642d613431352d336466616661666564653538222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30352d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a31392c22706f7374696e6773223a5b7b226163636f756e74223a32332c22616d6f756e74223a223330302e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227374616e64223a2270696572227d7d2c7b226163636f756e74223a382c22616d6f756e74223a222d3330302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 52, '01a22b9e-34e3-72e0-89e4-59b3af31ab77', 1796028118273384, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333465332d373265302d383965342d353962336166333161623737222c22646174615f736861323536223a2235333238643436373761366161623732626133386462353531663239323366356135636266396230356534363262363863343932383136653637363230666662222c226964223a2230316132326239652d333465332d373265302d383965342d353962336166333161623737222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2234326639303232653731646336363538656365333039623432346631343836363439613932666663323662623336633739363538313861613535653937396532222c22706f736974696f6e223a35322c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3237333338345a222c2272657175657374223a2230316132326239652d333463632d373333642d393065382d383462643763363435326333222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30392d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a32302c22706f7374696e6773223a5b7b226163636f756e74223a32332c22616d6f756e74223a223330302e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227374616e64223a2270696572227d7d2c7b226163636f756e74223a382c22616d6f756e74223a222d3330302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 53, '01a22b9e-351f-713e-bc80-09942597290d', 1796028118354798, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333531662d373133652d626338302d303939343235393732393064222c22646174615f736861323536223a2262396137393764343566396432343466383262393965393031366233366632383635396331336661373164356135666332323539396631373939373263613464222c226964223a2230316132326239652d333531662d373133652d626338302d303939343235393732393064222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2264653636346231663366323639336234326236623332623234326262623162383631323733373133623364323566643363386561306535633735306433396363222c22706f736974696f6e223a35332c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3335343739385a222c2272657175657374223a2230316132326239652d333531652d373165342d383164382d666336636430663437376562222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30342d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a332c22706f7374696e6773223a5b7b226163636f756e74223a32332c22616d6f756e74223a223330302e3030222c2263757272656e6379223a22455552222c2264696d656e73696f6e73223a7b227374616e64223a2270696572227d7d2c7b226163636f756e74223a382c22616d6f756e74223a222d3330302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 54, '01a22b9e-355b-70ef-a8e7-6a57957f5a8a', 1796028118366593, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333535622d373065662d613865372d366135373935376635613861222c22646174615f736861323536223a2261336630383662663834363535666132613333323764383232303736666261383862356432353262376133613636653264386263623665393430646565643839222c226964223a2230316132326239652d333535622d373065662d613865372d366135373935376635613861222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2266366361636262656135343462653561633036386533623764653631653039656136333337396438343562666138373262373736653139396564623966383637222c22706f736974696f6e223a35342c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3336363539335a222c2272657175657374223a2230316132326239652d333535612d373166652d383366312d306137383236636564366564222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30372d3039222c226b696e64223a226e6f726d616c222c226e756d626572223a32312c22706f7374696e6773223a5b7b226163636f756e74223a392c22616d6f756e74223a223131302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31382c22616d6f756e74223a222d3131302e3030222c2263757272656e6379223a22555344222c226f726967696e616c223a7b22616d6f756e74223a222d3130302e3030222c2263757272656e6379223a22455552227d7d2c7b226163636f756e74223a31382c22616d6f756e74223a223130302e3030222c2263757272656e6379223a22455552222c226f726967696e616c223a7b22616d6f756e74223a223131302e3030222c2263757272656e6379223a22555344227d7d2c7b226163636f756e74223a382c22616d6f756e74223a222d3130302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 55, '01a22b9e-3568-72b8-8aa2-8e38d34a7f97', 1796028118376911, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333536382d373262382d386161322d386533386433346137663937222c22646174615f736861323536223a2234363566653631353361393961386636316132656235643230336266323864363934326364633538663031316130306264373332353266386264633132303666222c226964223a2230316132326239652d333536382d373262382d386161322d386533386433346137663937222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2236663863376565363932636161643836393461383766333866313933333763303362646235336230653335316136333062343239356363373837343933323263222c22706f736974696f6e223a35352c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3337363931315a222c2272657175657374223a2230316132326239652d333536362d373430642d613934662d353334663134663163636266222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30372d3330222c226b696e64223a226e6f726d616c222c226e756d626572223a32322c22706f7374696e6773223a5b7b226163636f756e74223a32322c22616d6f756e74223a2233332e3135222c2263757272656e6379223a22455552222c226f726967696e616c223a7b22616d6f756e74223a2235323030222c2263757272656e6379223a224a5059227d7d2c7b226163636f756e74223a382c22616d6f756e74223a222d33332e3135222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 56, '01a22b9e-357a-7359-ab0d-7220af37eb7f', 1796028118395419, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333537612d373335392d616230642d373232306166333765623766222c22646174615f736861323536223a2237633139303335386138343633373638623237386562613664313364396564336130353364653137633363616330613838666538356265343561343830653339222c226964223a2230316132326239652d333537612d373335392d616230642d373232306166333765623766222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2237303938363163663366346134623864336335326661373136616632333233636332383333396662333562393564383337376161363432616537636630313835222c22706f736974696f6e223a35362c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3339353431395a222c2272657175657374223a2230316132326239652d333537372d373830372d616635392d356637646537313764643261222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30392d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a32332c22706f7374696e6773223a5b7b226163636f756e74223a31352c22616d6f756e74223a222d313235302e313235222c2263757272656e6379223a22505453227d2c7b226163636f756e74223a32322c22616d6f756e74223a22313235302e313235222c2263757272656e6379223a22505453227d5d2c22736572696573223a2241227d'),
	(1, 57, '01a22b9e-3585-73c8-aff9-dcd29ebee64c', 1796028118411233, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d333538352d373363382d616666392d646364323965626565363463222c22646174615f736861323536223a2236396162353566373363373963653666623339343636386261656363383161333139306132646365326564383733643833646333353234366638386138646161222c226964223a2230316132326239652d333538352d373363382d616666392d646364323965626565363463222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2236643865643165663161623163643338656237656333383534333465313832326435613736306261633865306230373134656661386366343633623137626332222c22706f736974696f6e223a35372c227265636f726465645f6174223a22323032362d31312d33305430383a34313a35382e3431313233335a222c2272657175657374223a2230316132326239652d333538302d373332322d393435332d666235326233303664363737222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d31302d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a32342c22706f7374696e6773223a5b7b226163636f756e74223a31352c22616d6f756e74223a2239393939393939393939393939393939393939392e393939222c2263757272656e6379223a22505453227d2c7b226163636f756e74223a32322c22616d6f756e74223a222d39393939393939393939393939393939393939392e393939222c2263757272656e6379223a22505453227d5d2c22736572696573223a2241227d'),
	(1, 58, '01a22b9e-3e32-7056-abec-631268a3601f', 1796028120651734, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d336533322d373035362d616265632d363331323638613336303166222c22646174615f736861323536223a2265306363613066373930633435343364633562356536643664393136666164303235363166366439346233613866323963376433646361353265626431336632222c226964223a2230316132326239652d336533322d373035362d616265632d363331323638613336303166222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2262386266663631346638636537666630623561326663613064633531653237396463653832323132633739646237376338666133643938393130663037383434222c22706f736974696f6e223a35382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30302e3635313733345a222c2272657175657374223a2230316132326239652d336531302d373034642d386162372d363562376132346630313235222c22736368656d61223a312c2274797065223a224163636f756e7452656e616d6564222c2276223a317d', '\x7b226163636f756e74223a31322c226e756d626572223a2231363130227d'),
	(1, 59, '01a22b9e-3f2a-7ca3-ad0d-436c7a8063ba', 1796028120899789, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d336632612d376361332d616430642d343336633761383036336261222c22646174615f736861323536223a2230666239316466643062343063306335643363626263613835343633616539366530363635373232383533353931336135396339643061353132383533316166222c226964223a2230316132326239652d336632612d376361332d616430642d343336633761383036336261222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2265333437663035326263336536333631336631326131386339303761306233353661316261663934363332343464303632383938333832363662356531386431222c22706f736974696f6e223a35392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30302e3839393738395a222c2272657175657374223a2230316132326239652d336631622d373732302d613062352d306164343439366438383137222c22736368656d61223a312c2274797065223a224163636f756e7452656e616d6564222c2276223a317d', '\x7b226163636f756e74223a32307d'),
	(1, 60, '01a22b9e-3f82-75fd-92ae-b5674bdb157a', 1796028120969576, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d336638322d373566642d393261652d623536373462646231353761222c22646174615f736861323536223a2236656566626134616230303331346539613261366233363339343864653132336162323763353738333965306165623766323339383930646630323564363131222c226964223a2230316132326239652d336638322d373566642d393261652d623536373462646231353761222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2238646635393665613134393165386266656237353539306431343231333863666532626634666136663663636531626334386563316436376135653665353833222c22706f736974696f6e223a36302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30302e3936393537365a222c2272657175657374223a2230316132326239652d336637342d373433652d396266662d633162313937626338353038222c22736368656d61223a312c2274797065223a224163636f756e7455706461746564222c2276223a317d', '\x7b226163636f756e74223a382c22726f6c65223a2262616e6b227d'),
	(1, 63, '01a22b9e-410e-788c-86fc-1faf61345ae8', 1796028121360958, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343130652d373838632d383666632d316661663631333435616538222c22646174615f736861323536223a2237623562633032643462373035613933663338336638313761396435316532383534633565376564626363363835353562663633333939613538333638643134222c226964223a2230316132326239652d343130652d373838632d383666632d316661663631333435616538222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2266313730323561623639363664623166383264386132366564663466373836353965336361303833343036653965366265333164356362653333616161643366222c22706f736974696f6e223a36332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3336303935385a222c2272657175657374223a2230316132326239652d343130622d376234372d623636622d366238613838396233613165222c22736368656d61223a312c2274797065223a224163636f756e7452656e616d6564222c2276223a317d', '\x7b226163636f756e74223a31307d'),
	(1, 64, '01a22b9e-410e-7eef-bd16-28880496b99f', 1796028121360958, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343130652d376565662d626431362d323838383034393662393966222c22646174615f736861323536223a2234343132313463356634663663323237323735306333663032366233393238383834313835656238356130303763376365616162326663383037326232306532222c226964223a2230316132326239652d343130652d376565662d626431362d323838383034393662393966222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3336303935385a222c2272657175657374223a2230316132326239652d343130622d376234372d623636622d366238613838396233613165222c22736368656d61223a312c2274797065223a224163636f756e7455706461746564222c2276223a317d', '\x7b226163636f756e74223a31302c22726f6c65223a2272656365697661626c65227d'),
	(1, 65, '01a22b9e-4180-7468-bf25-3de3fc91f596', 1796028121473638, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343138302d373436382d626632352d336465336663393166353936222c22646174615f736861323536223a2266613237616464333133343464376265653437613832323238303431613066623963336565306331393664383135616433333336346635323737386166326638222c226964223a2230316132326239652d343138302d373436382d626632352d336465336663393166353936222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3437333633385a222c2272657175657374223a2230316132326239652d343137612d373761392d623338332d383762316431366439333763222c22736368656d61223a312c2274797065223a224163636f756e74436c6f736564222c2276223a317d', '\x7b226163636f756e74223a31327d'),
	(1, 66, '01a22b9e-41bd-7788-8d2f-7c59d5576622', 1796028121534020, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343162642d373738382d386432662d376335396435353736363232222c22646174615f736861323536223a2235626232396634643837303134383762343433373339633338356134396434613338656363303334633661613361366439643031336333653534386630353862222c226964223a2230316132326239652d343162642d373738382d386432662d376335396435353736363232222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3533343032305a222c2272657175657374223a2230316132326239652d343162632d373935332d396564352d376365383539356533626566222c22736368656d61223a312c2274797065223a224163636f756e74436c6f736564222c2276223a317d', '\x7b226163636f756e74223a32317d'),
	(1, 67, '01a22b9e-41df-752d-b426-05d2f9804e7c', 1796028121569033, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343164662d373532642d623432362d303564326639383034653763222c22646174615f736861323536223a2266613237616464333133343464376265653437613832323238303431613066623963336565306331393664383135616433333336346635323737386166326638222c226964223a2230316132326239652d343164662d373532642d623432362d303564326639383034653763222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3536393033335a222c2272657175657374223a2230316132326239652d343164662d373337632d386262632d656535353331623933363766222c22736368656d61223a312c2274797065223a224163636f756e7452656f70656e6564222c2276223a317d', '\x7b226163636f756e74223a31327d'),
	(1, 68, '01a22b9e-4204-70d9-96ff-0f685cd80134', 1796028121606217, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343230342d373064392d393666662d306636383563643830313334222c22646174615f736861323536223a2266613237616464333133343464376265653437613832323238303431613066623963336565306331393664383135616433333336346635323737386166326638222c226964223a2230316132326239652d343230342d373064392d393666662d306636383563643830313334222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3630363231375a222c2272657175657374223a2230316132326239652d343230342d376338392d616265332d363635316433386665333462222c22736368656d61223a312c2274797065223a224163636f756e74436c6f736564222c2276223a317d', '\x7b226163636f756e74223a31327d'),
	(1, 69, '01a22b9e-4238-7a22-afef-d1cf1a06fce8', 1796028121662534, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343233382d376132322d616665662d643163663161303666636538222c22646174615f736861323536223a2266613237616464333133343464376265653437613832323238303431613066623963336565306331393664383135616433333336346635323737386166326638222c226964223a2230316132326239652d343233382d376132322d616665662d643163663161303666636538222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a36392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3636323533345a222c2272657175657374223a2230316132326239652d343233362d376264382d626165322d343939613639653638303833222c22736368656d61223a312c2274797065223a224163636f756e7452656f70656e6564222c2276223a317d', '\x7b226163636f756e74223a31327d'),
	(1, 70, '01a22b9e-4254-7aeb-8fed-617426dc1fe3', 1796028121687576, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343235342d376165622d386665642d363137343236646331666533222c22646174615f736861323536223a2264633235323632303834663735646634393466373565323535653939633966383866333762326265343839373564643936646339373734616239336363623363222c226964223a2230316132326239652d343235342d376165622d386665642d363137343236646331666533222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2264363238316335613532373137393665373938356332663463356262376264383364303536316131353438343435396633386363353961356161303862663164222c22706f736974696f6e223a37302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3638373537365a222c2272657175657374223a2230316132326239652d343235322d373436352d393237372d346166663336656161663438222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d31322d3331222c226b696e64223a2261646a7573746d656e74222c226e756d626572223a32352c22706f7374696e6773223a5b7b226163636f756e74223a31322c22616d6f756e74223a2237352e3235222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a32322c22616d6f756e74223a222d37352e3235222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 71, '01a22b9e-4277-715f-90b8-4e25141165af', 1796028121725179, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343237372d373135662d393062382d346532353134313136356166222c22646174615f736861323536223a2235326361656337633563646663363461313662643038323234663237663364396664313465643463376663333864313732313938646334396366313630653934222c226964223a2230316132326239652d343237372d373135662d393062382d346532353134313136356166222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239343664366535616333343765626136633137653534633933313465646363323662623530393966636333323362323963343134326534653832376564626564222c22706f736974696f6e223a37312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3732353137395a222c2272657175657374223a2230316132326239652d343236652d373837342d393138632d333966623433343463376666222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3331222c226b696e64223a2261646a7573746d656e74222c226e756d626572223a32362c22706f7374696e6773223a5b7b226163636f756e74223a32352c22616d6f756e74223a223132302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a32362c22616d6f756e74223a222d3132302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 72, '01a22b9e-4297-7617-801b-e3be29b7d57a', 1796028121755377, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343239372d373631372d383031622d653362653239623764353761222c22646174615f736861323536223a2239636634396434616138616334646432633437333137623664313561386666653064343536343035343937373564616561353863373834353634663034623861222c226964223a2230316132326239652d343239372d373631372d383031622d653362653239623764353761222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2266396636646338663561396437306332616461663137383333633964643463383334633538613963373932653030366538616639363030643164306538363664222c22706f736974696f6e223a37322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3735353337375a222c2272657175657374223a2230316132326239652d343239332d376432362d386236362d646365656161653435666134222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032332d30362d3135222c22646f63756d656e74223a7b22726566223a2253414d2d31222c22736861323536223a5b2239663836643038313838346337643635396132666561613063353561643031356133626634663162326230623832326364313564366331356230663030613038222c2238306130306630623531633664353164633232386230623262316634666233613531306461353563306161656632613935366437633438383138306436386639225d7d2c226b696e64223a226e6f726d616c222c226e756d626572223a32372c22706f7374696e6773223a5b7b226163636f756e74223a31312c22616d6f756e74223a223936302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a382c22616d6f756e74223a222d3936302e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 73, '01a22b9e-42b4-7345-acae-f99807814a9b', 1796028121781035, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343262342d373334352d616361652d663939383037383134613962222c22646174615f736861323536223a2239376166326533326434616637366261313233323866326239356133313939366134623361626538663434663039633139333835646364376163386430323230222c226964223a2230316132326239652d343262342d373334352d616361652d663939383037383134613962222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2234343336313332333938343436383734363064656161353566633662363731663966336139376239616138613237353335373436616432383663373336363531222c22706f736974696f6e223a37332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3738313033355a222c2272657175657374223a2230316132326239652d343262322d373934362d386364312d396435663935353432386365222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3331222c226b696e64223a22726576616c756174696f6e222c226e756d626572223a32382c22706f7374696e6773223a5b7b226163636f756e74223a392c22616d6f756e74223a22342e3430222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31382c22616d6f756e74223a222d342e3430222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(1, 74, '01a22b9e-42cc-7f74-85f3-7efe4e78f6ed', 1796028121807787, '\x7b226163746f72223a7b226964223a227875716d62367334643774346f366c6d3432336b61376a6c222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343263632d376637342d383566332d376566653465373866366564222c22646174615f736861323536223a2233653734396436313935643334383333646335333766356536303232646233353730643431303533343562376266326536343265623935643431663163376238222c226964223a2230316132326239652d343263632d376637342d383566332d376566653465373866366564222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239326231626262356262653336643239346632313766653464646565623138626364663634306437616430363734313863373763336335333930346435383233222c22706f736974696f6e223a37342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3830373738375a222c2272657175657374223a2230316132326239652d343263372d376466362d623934632d643337306661366532383431222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3331222c226b696e64223a22636c6f73696e67222c226e756d626572223a312c22706f7374696e6773223a5b7b226163636f756e74223a31392c22616d6f756e74223a22343030302e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a32322c22616d6f756e74223a222d3531392e3735222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a31372c22616d6f756e74223a222d333438302e3235222c2263757272656e6379223a22455552227d5d2c22736572696573223a225945227d'),
	(1, 75, '01a22b9e-4301-7376-a5ce-083a38e6c70d', 1796028121859781, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343330312d373337362d613563652d303833613338653663373064222c22646174615f736861323536223a2238376535376639616134346537313365356536303136396466363266626232313237633263613134336231623664373461313562353539333431323061393535222c226964223a2230316132326239652d343330312d373337362d613563652d303833613338653663373064222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a37352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30312e3835393738315a222c2272657175657374223a2230316132326239652d343265652d373432322d393530382d306531303831336466326463222c22736368656d61223a312c2274797065223a224d656d6f457261736564222c2276223a317d', '\x7b226261736973223a2247445052204172742e203137222c22706f736974696f6e223a34372c22726561736f6e223a2261736b65642062792074686520706572736f6e227d'),
	(1, 76, '01a22b9e-439f-7b4c-bddb-0abcb7d37e18', 1796028122024270, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343339662d376234632d626464622d306162636237643337653138222c22646174615f736861323536223a2232303564613134623465386435626332636664646632316565646331646238613033643436353339336363656162356561643433366334666632346330663463222c226964223a2230316132326239652d343339662d376234632d626464622d306162636237643337653138222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a37362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30322e3032343237305a222c2272657175657374223a2230316132326239652d343335362d373364322d616665342d366264383439366230336430222c22736368656d61223a312c2274797065223a224d656d6f457261736564222c2276223a317d', '\x7b22706f736974696f6e223a32302c22726561736f6e223a22746865206f6c64206e616d65207761732077726f6e67227d'),
	(1, 77, '01a22b9e-43ce-7228-8afc-da1c3540d937', 1796028122077454, '\x7b226163746f72223a7b226964223a227271357761343266666564616c6d367a6667626d776f7478222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d343363652d373232382d386166632d646131633335343064393337222c22646174615f736861323536223a2238303733396138623931306466326666376432386331356630346266663731333965303964373632313962306236343634376633353662383062363535373238222c226964223a2230316132326239652d343363652d373232382d386166632d646131633335343064393337222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a37372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30322e3037373435345a222c2272657175657374223a2230316132326239652d343362632d376237662d396532302d336536353433366364363463222c22736368656d61223a312c2274797065223a224d656d6265725265766f6b6564222c2276223a317d', '\x7b2275736572223a227271357761343266666564616c6d367a6667626d776f7478227d'),
	(1, 78, '01a22b9e-60b3-7d18-aaf5-dbb2ca70da3a', 1796028129582305, '\x7b226163746f72223a7b226964223a226f70657261746f72222c2274797065223a22636c69227d2c22636f6d6d616e64223a2230316132326239652d363062332d376431382d616166352d646262326361373064613361222c22646174615f736861323536223a2238393631653136313163613865316138616465383239393932363666323738373361326566316131663766616163643433306566656330333431313563363735222c226964223a2230316132326239652d363062332d376431382d616166352d646262326361373064613361222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a37382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30392e3538323330355a222c2272657175657374223a2230316132326239652d363062332d376339662d623862382d333232393165326330343836222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a226f776e6572222c2275736572223a227271357761343266666564616c6d367a6667626d776f7478227d'),
	(1, 79, '01a22b9e-61e4-7f50-9574-6d5a50d93290', 1796028129770789, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d363165342d376635302d393537342d366435613530643933323930222c22646174615f736861323536223a2232363965633733346139353830663934396133326161663462323264363537346362383763373131316564366364373364633066626463376236343762386566222c226964223a2230316132326239652d363165342d376635302d393537342d366435613530643933323930222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a37392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30392e3737303738395a222c2272657175657374223a2230316132326239652d363164372d373937632d386236642d613765386634646533396433222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a22766965776572222c2275736572223a227271357761343266666564616c6d367a6667626d776f7478227d'),
	(1, 80, '01a22b9e-6208-7bd2-8f6b-fd7b49616270', 1796028129818957, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d363230382d376264322d386636622d666437623439363136323730222c22646174615f736861323536223a2238303733396138623931306466326666376432386331356630346266663731333965303964373632313962306236343634376633353662383062363535373238222c226964223a2230316132326239652d363230382d376264322d386636622d666437623439363136323730222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a38302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30392e3831383935375a222c2272657175657374223a2230316132326239652d363166642d373232642d616137382d366431646130613765656534222c22736368656d61223a312c2274797065223a224d656d6265725265766f6b6564222c2276223a317d', '\x7b2275736572223a227271357761343266666564616c6d367a6667626d776f7478227d'),
	(1, 81, '01a22b9e-6236-7391-9204-c9b3f1820586', 1796028129862727, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d363233362d373339312d393230342d633962336631383230353836222c22646174615f736861323536223a2230393164386236626361643230663935323634356538363535366136353539313538306462393362306162366231656530343663303831316164353133356163222c226964223a2230316132326239652d363233362d373339312d393230342d633962336631383230353836222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a38312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a30392e3836323732375a222c2272657175657374223a2230316132326239652d363232632d373563342d613237342d366234646264636165343639222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a22626f6f6b6b6565706572222c22756e74696c223a22323039392d30362d33305430303a30303a30302e3030303030305a222c2275736572223a227271357761343266666564616c6d367a6667626d776f7478227d'),
	(1, 82, '01a22b9e-85e4-77bb-988a-224096b18500', 1796028139065573, '\x7b226163746f72223a7b226964223a226f70657261746f72222c2274797065223a22636c69227d2c22636f6d6d616e64223a2230316132326239652d383565342d373762622d393838612d323234303936623138353030222c22646174615f736861323536223a2235343565346639386337363862633138623264333236616232353030353966616234373331656130383831313938356265313334323031396630623237663437222c226964223a2230316132326239652d383565342d373762622d393838612d323234303936623138353030222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2263336365323437623263383136663364316631303738393935343163616366656637353665663565333934303364326233346633303135613136653336663332222c22706f736974696f6e223a38322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3036353537335a222c2272657175657374223a2230316132326239652d383533622d373034662d623934302d333333663436383036663335222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a22696e636f6d65227d'),
	(1, 83, '01a22b9e-865a-7c2d-971c-b5d21a62e2c9', 1796028139101884, '\x7b226163746f72223a7b226964223a226f70657261746f72222c2274797065223a22636c69227d2c22636f6d6d616e64223a2230316132326239652d383635612d376332642d393731632d623564323161363265326339222c22646174615f736861323536223a2238326135336531353964396566623030383731336566326566393436633637656530343635653732336633663538623766663663393461313531343235643035222c226964223a2230316132326239652d383635612d376332642d393731632d623564323161363265326339222c226b6579223a22696d706f72743a626f782532467374616c6c3a31222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2239326531616261663363336231393037386663363336656339306237663031363635373739646462363565393266326137383063663962353162323836326266222c22706f736974696f6e223a38332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3130313838345a222c2272657175657374223a2230316132326239652d383533622d373034662d623934302d333333663436383036663335222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30362d3031222c226b696e64223a226e6f726d616c222c226e756d626572223a342c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a2234312e3530222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a32302c22616d6f756e74223a222d34312e3530222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(1, 84, '01a22b9e-865a-778d-95d3-54e160a55ef1', 1796028139101884, '\x7b226163746f72223a7b226964223a226f70657261746f72222c2274797065223a22636c69227d2c22636f6d6d616e64223a2230316132326239652d383635612d373738642d393564332d353465313630613535656631222c22646174615f736861323536223a2239333631373637316336303362666230616133623633336338326165623532316464393665633336623239363164633365393035636438353966383133646662222c226964223a2230316132326239652d383635612d373738642d393564332d353465313630613535656631222c226b6579223a22696d706f72743a626f782532467374616c6c3a32222c226c6564676572223a2230316132326239652d323364342d373638332d396338322d323765313739326231336636222c226d656d6f5f736861323536223a2261316130393361663638326664336264623639303662386130323438666436663131333262353638353533386665336465396366633364643437343833636666222c22706f736974696f6e223a38342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3130313838345a222c2272657175657374223a2230316132326239652d383533622d373034662d623934302d333333663436383036663335222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30362d3038222c226b696e64223a226e6f726d616c222c226e756d626572223a352c22706f7374696e6773223a5b7b226163636f756e74223a372c22616d6f756e74223a2237372e3030222c2263757272656e6379223a22455552227d2c7b226163636f756e74223a38322c22616d6f756e74223a222d37372e3030222c2263757272656e6379223a22455552227d5d2c22736572696573223a2241227d'),
	(2, 0, '01a22b9e-8762-7121-9ea7-9cf3e810002d', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373132312d396561372d396366336538313030303264222c22646174615f736861323536223a2235326531666465323133336262633639646466363039356139333164356335653665363934636233623334323361343237653438323539323639363836383966222c226964223a2230316132326239652d383736322d373132312d396561372d396366336538313030303264222c226b6579223a22706572736f6e616c222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2236353436656664653737383364663666376132303432313939653930323737343331366134316466646463303335313037396132613236323561343839303833222c22706f736974696f6e223a302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224c65646765724f70656e6564222c2276223a317d', '\x7b2263757272656e6379223a22555344222c2266697363616c5f796561725f7374617274223a2230312d3031222c226e6f6e6365223a223530323465363439613266353336613065316535393135306664336430373138222c226f776e6572223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c22726574656e74696f6e5f7965617273223a31302c2274696d655f7a6f6e65223a22555443227d'),
	(2, 1, '01a22b9e-8762-7dce-80d8-25bebc553569', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376463652d383064382d323562656263353533353639222c22646174615f736861323536223a2232316430303035653930623736323833343232386337656339653938313162663933386139333463346561373932376663323333623963323536363831376435222c226964223a2230316132326239652d383736322d376463652d383064382d323562656263353533353639222c226b6579223a226f70656e696e672f63686172742f30222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2261303561663333643262333635333231663562323666653964373262666638653762646630643765366536363130326233666163636631306365313063663230222c22706f736974696f6e223a312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c22726f6c65223a2263617368222c2274797065223a226173736574227d'),
	(2, 2, '01a22b9e-8762-7cab-81e2-48638efe9d08', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376361622d383165322d343836333865666539643038222c22646174615f736861323536223a2261613634623832656262323936383932326263323265353631666335336631613030616136643330633363616564396465393238666633333636303838306264222c226964223a2230316132326239652d383736322d376361622d383165322d343836333865666539643038222c226b6579223a226f70656e696e672f63686172742f31222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2236303865646636306535653832323336313135386631623337323231623230366662333034656438646464313463326263376238386430316137653866643139222c22706f736974696f6e223a322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c22726f6c65223a2262616e6b222c2274797065223a226173736574227d'),
	(2, 3, '01a22b9e-8762-761b-9668-4709c73db23c', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373631622d393636382d343730396337336462323363222c22646174615f736861323536223a2261613634623832656262323936383932326263323265353631666335336631613030616136643330633363616564396465393238666633333636303838306264222c226964223a2230316132326239652d383736322d373631622d393636382d343730396337336462323363222c226b6579223a226f70656e696e672f63686172742f32222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2266396130633662656431383832613530386563663131386130316632666162333938396563353931366564373533613938306362366562333366666636353939222c22706f736974696f6e223a332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c22726f6c65223a2262616e6b222c2274797065223a226173736574227d'),
	(2, 4, '01a22b9e-8762-726e-8428-5e5e299fb7f9', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373236652d383432382d356535653239396662376639222c22646174615f736861323536223a2232303634653334643430363335613062626239323938393264633962643663323962623437346161353663343766383032323938333934306331623038643763222c226964223a2230316132326239652d383736322d373236652d383432382d356535653239396662376639222c226b6579223a226f70656e696e672f63686172742f33222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2238613332386261626262366438363836616165646238643638353238306261666565653862396665366535303033623832346538623263316639666465633864222c22706f736974696f6e223a342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a226173736574227d'),
	(2, 5, '01a22b9e-8762-7709-9ef6-5e5d6f51fb31', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373730392d396566362d356535643666353166623331222c22646174615f736861323536223a2266363965366638643137623237373464343564626231373632363738356263666665643339316230323135313631363033653464336236393932303432393361222c226964223a2230316132326239652d383736322d373730392d396566362d356535643666353166623331222c226b6579223a226f70656e696e672f63686172742f34222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2232376661356638376233636539373434616261336136656236323462626437613631353135353165303366306635383164666464626237643763336231313739222c22706f736974696f6e223a352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c22726f6c65223a2272656365697661626c65222c2274797065223a226173736574227d'),
	(2, 6, '01a22b9e-8762-76d7-84e5-b13442b4f7cf', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373664372d383465352d623133343432623466376366222c22646174615f736861323536223a2233316264346539336661353335363031313666316333303661333064343739623838616564643465613732393033303139666536643236633233343264333166222c226964223a2230316132326239652d383736322d373664372d383465352d623133343432623466376366222c226b6579223a226f70656e696e672f63686172742f35222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2266363761356661313430616265316437663761373865316262656635343861643937643864306165376336666664326263653631396631376637646162636130222c22706f736974696f6e223a362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c22726f6c65223a2270617961626c65222c2274797065223a226c696162696c697479227d'),
	(2, 7, '01a22b9e-8762-7660-a82b-01c0f77beb31', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373636302d613832622d303163306637376265623331222c22646174615f736861323536223a2261643465353239623263663434316438336239313937326265666261386366623237343836303932633237323662643938316166663830336462326337373231222c226964223a2230316132326239652d383736322d373636302d613832622d303163306637376265623331222c226b6579223a226f70656e696e672f63686172742f36222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2261646263346438623166613239386561633962346430643537353535313532303938383634363838356362646266643433633638366566616466396133363562222c22706f736974696f6e223a372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a226c696162696c697479227d'),
	(2, 8, '01a22b9e-8762-7c2c-ba77-912a64b1a88d', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376332632d626137372d393132613634623161383864222c22646174615f736861323536223a2261643465353239623263663434316438336239313937326265666261386366623237343836303932633237323662643938316166663830336462326337373231222c226964223a2230316132326239652d383736322d376332632d626137372d393132613634623161383864222c226b6579223a226f70656e696e672f63686172742f37222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2239663138396165343734306334623137623166633461306235666135663866323765386363656437613563666665653464636564346366653562313265303535222c22706f736974696f6e223a382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a226c696162696c697479227d'),
	(2, 9, '01a22b9e-8762-7b66-a3a7-856d54115eb4', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376236362d613361372d383536643534313135656234222c22646174615f736861323536223a2264616163366162326132303330353930373330353566636239353762623937386362376532343361303861356264343631613662363566636332353531616639222c226964223a2230316132326239652d383736322d376236362d613361372d383536643534313135656234222c226b6579223a226f70656e696e672f63686172742f38222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2235613834353362653432383339346466613630393163363239626531653532386261613235376233303637383664333531626561616138346133643065623661222c22706f736974696f6e223a392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a22657175697479227d'),
	(2, 10, '01a22b9e-8762-72d9-aca0-81dca0e66507', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373264392d616361302d383164636130653636353037222c22646174615f736861323536223a2266356462613636646464386434323165386430663063656234313830326538663035643265373537393433363737303938356537346430376466363732613733222c226964223a2230316132326239652d383736322d373264392d616361302d383164636130653636353037222c226b6579223a226f70656e696e672f63686172742f39222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2234633761316662653538633235363737636233306234313562356466393639636532313239633366623262663133646362333337343862646366343263376465222c22706f736974696f6e223a31302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c22726f6c65223a2272657461696e65645f6561726e696e6773222c2274797065223a22657175697479227d'),
	(2, 11, '01a22b9e-8762-73f6-868e-d1437b5f3e26', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373366362d383638652d643134333762356633653236222c22646174615f736861323536223a2235343565346639386337363862633138623264333236616232353030353966616234373331656130383831313938356265313334323031396630623237663437222c226964223a2230316132326239652d383736322d373366362d383638652d643134333762356633653236222c226b6579223a226f70656e696e672f63686172742f3130222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2231663065653263626533343338613763353465323062383431343164396161383532356561303465333239336536366533373235333862613339386435346331222c22706f736974696f6e223a31312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a22696e636f6d65227d'),
	(2, 12, '01a22b9e-8762-78f9-9f54-90aabc80da79', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373866392d396635342d393061616263383064613739222c22646174615f736861323536223a2235343565346639386337363862633138623264333236616232353030353966616234373331656130383831313938356265313334323031396630623237663437222c226964223a2230316132326239652d383736322d373866392d396635342d393061616263383064613739222c226b6579223a226f70656e696e672f63686172742f3131222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2265393137653731396365356365313532623365373564366532373964646138333238623631313234336339306639353139663866363338626136303032653062222c22706f736974696f6e223a31322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a22696e636f6d65227d'),
	(2, 13, '01a22b9e-8762-798b-81ce-176b9f8aec0f', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373938622d383163652d313736623966386165633066222c22646174615f736861323536223a2235343565346639386337363862633138623264333236616232353030353966616234373331656130383831313938356265313334323031396630623237663437222c226964223a2230316132326239652d383736322d373938622d383163652d313736623966386165633066222c226b6579223a226f70656e696e672f63686172742f3132222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2265613034383738643731336338356665373765633531666136643561383135373662333062323965613064663733613633343130323764363231313036366537222c22706f736974696f6e223a31332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a22696e636f6d65227d'),
	(2, 14, '01a22b9e-8762-728c-8889-fe0ab72ea669', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373238632d383838392d666530616237326561363639222c22646174615f736861323536223a2235343565346639386337363862633138623264333236616232353030353966616234373331656130383831313938356265313334323031396630623237663437222c226964223a2230316132326239652d383736322d373238632d383838392d666530616237326561363639222c226b6579223a226f70656e696e672f63686172742f3133222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2261323531653937393066633464653464323237656238646636316132626231306635653739326539643339366665316265323963363134663030396130353531222c22706f736974696f6e223a31342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a22637265646974222c2274797065223a22696e636f6d65227d'),
	(2, 15, '01a22b9e-8762-7ac2-968d-48a6315b1bf0', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376163322d393638642d343861363331356231626630222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376163322d393638642d343861363331356231626630222c226b6579223a226f70656e696e672f63686172742f3134222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2265396161616532323333303364353833303239373037663465663539316262303030666163343164663932363962373663326532393431306330383062376539222c22706f736974696f6e223a31352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 16, '01a22b9e-8762-7e64-8ec2-8759046a3ee3', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376536342d386563322d383735393034366133656533222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376536342d386563322d383735393034366133656533222c226b6579223a226f70656e696e672f63686172742f3135222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2261316334386237383461623036336631363736636232643561643465636664383739646430656339306262653764366263383264663765656633323662653338222c22706f736974696f6e223a31362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 17, '01a22b9e-8762-7a7a-9bd7-0e10b54afeb1', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376137612d396264372d306531306235346166656231222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376137612d396264372d306531306235346166656231222c226b6579223a226f70656e696e672f63686172742f3136222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2233313539613266333766333230373732653838363031323833353237376132303238326434646135613565663436343832363331626339636339366530613231222c22706f736974696f6e223a31372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 18, '01a22b9e-8762-7ad4-91d4-09eb6d2d3f9a', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376164342d393164342d303965623664326433663961222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376164342d393164342d303965623664326433663961222c226b6579223a226f70656e696e672f63686172742f3137222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2235376533306663656463663030663535303064623766386464393433636332303865313331366236336237393332323862376332643064666232343161663739222c22706f736974696f6e223a31382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 19, '01a22b9e-8762-7b73-94d2-26b77dad2e10', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376237332d393464322d323662373764616432653130222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376237332d393464322d323662373764616432653130222c226b6579223a226f70656e696e672f63686172742f3138222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2238666238623538396664613435313766343165653837386235343839613261623532366432323030633664386662313761366236376335313137623139376636222c22706f736974696f6e223a31392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 20, '01a22b9e-8762-75fb-bf78-4becef1c2458', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373566622d626637382d346265636566316332343538222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373566622d626637382d346265636566316332343538222c226b6579223a226f70656e696e672f63686172742f3139222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2238316261353331306231306234623964373264313261356666336437393539636431623936643465303530363265313361353961613139663866343163626563222c22706f736974696f6e223a32302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 21, '01a22b9e-8762-755c-b3a9-bd732922688b', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373535632d623361392d626437333239323236383862222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373535632d623361392d626437333239323236383862222c226b6579223a226f70656e696e672f63686172742f3230222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2262353731313032386530623966373931393736656332303938303837346266313232383238313638623865303439353330353731306136303232356531613633222c22706f736974696f6e223a32312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 22, '01a22b9e-8762-7cec-9a30-d6aa8e77164b', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376365632d396133302d643661613865373731363462222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376365632d396133302d643661613865373731363462222c226b6579223a226f70656e696e672f63686172742f3231222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2262326633356435373138623630646332666339396466613437623931323339383639643264313566626331383462373730663331626461323238633261626462222c22706f736974696f6e223a32322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 23, '01a22b9e-8762-734a-9f8d-46fd21d5f448', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373334612d396638642d343666643231643566343438222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373334612d396638642d343666643231643566343438222c226b6579223a226f70656e696e672f63686172742f3232222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2266643064636133393366396537616637386333303330383265373731383538623466376262313432373432623337623731623763333930323462626463616266222c22706f736974696f6e223a32332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 24, '01a22b9e-8762-7a11-b9a3-c1c5a41c684f', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376131312d623961332d633163356134316336383466222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376131312d623961332d633163356134316336383466222c226b6579223a226f70656e696e672f63686172742f3233222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2239363931656265636137373061333562626439623662333235333138663232336237633338646365366562666464343434323732646462336631323032646133222c22706f736974696f6e223a32342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 25, '01a22b9e-8762-797e-b982-9df7c043da95', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373937652d623938322d396466376330343364613935222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373937652d623938322d396466376330343364613935222c226b6579223a226f70656e696e672f63686172742f3234222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2236373830643134626637393566643133633465333361333539323038313531633638643236353038326663393839346539323363353233333164386166356537222c22706f736974696f6e223a32352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 26, '01a22b9e-8762-7327-9589-3256c25e1ea4', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373332372d393538392d333235366332356531656134222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373332372d393538392d333235366332356531656134222c226b6579223a226f70656e696e672f63686172742f3235222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2235353238613934663066343037646233653934336331643564633866373436303936663261393363363738353831636463653438643039626134623136323264222c22706f736974696f6e223a32362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 27, '01a22b9e-8762-7aa5-bddb-946c82016ce5', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376161352d626464622d393436633832303136636535222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376161352d626464622d393436633832303136636535222c226b6579223a226f70656e696e672f63686172742f3236222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2235613765386535323761656130376232343936353262633438363065393035343565383761643963613134666534363663343537653662643837343839386131222c22706f736974696f6e223a32372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 28, '01a22b9e-8762-7248-aac1-77e146b61d6f', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373234382d616163312d373765313436623631643666222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373234382d616163312d373765313436623631643666222c226b6579223a226f70656e696e672f63686172742f3237222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2262356530626365316234643730376633656536353134653732363365646133333838386536376234386133313635346332393333343764643030303561613061222c22706f736974696f6e223a32382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 29, '01a22b9e-8762-773f-9d97-809e2ee0637b', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373733662d396439372d383039653265653036333762222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373733662d396439372d383039653265653036333762222c226b6579223a226f70656e696e672f63686172742f3238222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2237333230313164663064383735343632383261383561366138393836623336353330623139333066616131643137303765353466376464383461393163663064222c22706f736974696f6e223a32392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 30, '01a22b9e-8762-75b3-80e9-70eef4a63c3f', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373562332d383065392d373065656634613633633366222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373562332d383065392d373065656634613633633366222c226b6579223a226f70656e696e672f63686172742f3239222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2263303664313134336261323437376166353530656561346639393663393331353631323665313530333935626233336161653364353537346262643137373135222c22706f736974696f6e223a33302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 31, '01a22b9e-8762-780c-85c2-4ee1829c5cb0', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373830632d383563322d346565313832396335636230222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373830632d383563322d346565313832396335636230222c226b6579223a226f70656e696e672f63686172742f3330222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2265346631316566346530306430653838636165363439303236663861313935653236396564366164383935616139323565366635376565626336303361386634222c22706f736974696f6e223a33312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 32, '01a22b9e-8762-70e6-93e4-1085e2e683dd', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373065362d393365342d313038356532653638336464222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373065362d393365342d313038356532653638336464222c226b6579223a226f70656e696e672f63686172742f3331222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2237333638643231363731653833366531343734323036323938663439353365303862356464323761353762396237376364373061313563356531623262656439222c22706f736974696f6e223a33322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 33, '01a22b9e-8762-7b86-b567-bb2d7e19a26b', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376238362d623536372d626232643765313961323662222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376238362d623536372d626232643765313961323662222c226b6579223a226f70656e696e672f63686172742f3332222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2237376233623730363533326536346136306261356230306162666430653762613062663132626433383435353932383566626561393763366165313763336638222c22706f736974696f6e223a33332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 34, '01a22b9e-8762-756e-9081-226fda0fdcfb', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d373536652d393038312d323236666461306664636662222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d373536652d393038312d323236666461306664636662222c226b6579223a226f70656e696e672f63686172742f3333222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2266653534653537366532316533376366663061313735626564613738333731353636656332643339616135623064636334643262626663353261326464663132222c22706f736974696f6e223a33342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 35, '01a22b9e-8762-7f6b-aa3a-b7e608410a0b', 1796028139378799, '\x7b226163746f72223a7b22666f72223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c226964223a22706572736f6e616c222c2274797065223a2273797374656d227d2c22636f6d6d616e64223a2230316132326239652d383736322d376636622d616133612d623765363038343130613062222c22646174615f736861323536223a2265333036636233393762376134303434366464393536623838313038616662306163376230373934626336343036343235303536626136303736383338663431222c226964223a2230316132326239652d383736322d376636622d616133612d623765363038343130613062222c226b6579223a226f70656e696e672f63686172742f3334222c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2233316362373935363438633461353563653061323636363231346234323063616238323562633137383737343238306634343032353631316363356366353134222c22706f736974696f6e223a33352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3337383739395a222c2272657175657374223a2230316132326239652d383735322d376666372d393233642d333662323231623434623662222c22736368656d61223a312c2274797065223a224163636f756e744f70656e6564222c2276223a317d', '\x7b226e6f726d616c223a226465626974222c2274797065223a22657870656e7365227d'),
	(2, 36, '01a22b9e-88c5-72fe-a0ab-7b7bb966915e', 1796028139722185, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383863352d373266652d613061622d376237626239363639313565222c22646174615f736861323536223a2230363638363862653562643761373737643033613832666264356538656437373931613464383132666663376533323336373532633130623565373662646265222c226964223a2230316132326239652d383863352d373266652d613061622d376237626239363639313565222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a33362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3732323138355a222c2272657175657374223a2230316132326239652d383863342d373965372d393539662d363836393436646463343761222c22736368656d61223a312c2274797065223a2243757272656e63794465636c61726564222c2276223a317d', '\x7b2263757272656e6379223a22555344222c227363616c65223a327d'),
	(2, 37, '01a22b9e-88c5-77a3-8718-16a11fbbd92f', 1796028139722185, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383863352d373266652d613061622d376237626239363639313565222c22646174615f736861323536223a2236363135323430323331633663323238343735346531373835313261616331396261353330393537616633303563613163383337663463613233353662353062222c226964223a2230316132326239652d383863352d373761332d383731382d313661313166626264393266222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a33372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3732323138355a222c2272657175657374223a2230316132326239652d383863342d373965372d393539662d363836393436646463343761222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30312d3031222c226b696e64223a226f70656e696e67222c226e756d626572223a312c22706f7374696e6773223a5b7b226163636f756e74223a322c22616d6f756e74223a223930302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31302c22616d6f756e74223a222d3930302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 38, '01a22b9e-88f3-7cf4-a376-cc44e13bf4b6', 1796028139768055, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383866332d376366342d613337362d636334346531336266346236222c22646174615f736861323536223a2266386461366334643935306331663136323865356237623639663033373537353261663234333564323464653934323431656332356662323931643730663566222c226964223a2230316132326239652d383866332d376366342d613337362d636334346531336266346236222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2231346163356339336266366263636534313433313965306633383662303832313266633537666239643230333863393736313732623465313638346535313163222c22706f736974696f6e223a33382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3736383035355a222c2272657175657374223a2230316132326239652d383864662d373630302d386261322d666635636537333030303234222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30312d3235222c226b696e64223a226e6f726d616c222c226e756d626572223a322c22706f7374696e6773223a5b7b226163636f756e74223a322c22616d6f756e74223a22313835302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31332c22616d6f756e74223a222d313835302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 39, '01a22b9e-891a-7c63-80bd-f07b7a0399a4', 1796028139807563, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383931612d376336332d383062642d663037623761303339396134222c22646174615f736861323536223a2263646638386165623735363664616362353639383065353938313464333435356131303635653130666261373736346263393130303963333039393537623164222c226964223a2230316132326239652d383931612d376336332d383062642d663037623761303339396134222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2264626533653338613434636235363162353166323434376362353233336236343936373039633864653966613431306666343236626636323765336433383163222c22706f736974696f6e223a33392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3830373536335a222c2272657175657374223a2230316132326239652d383930362d376565362d383630322d326566366364306237663465222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30312d3033222c226b696e64223a226e6f726d616c222c226e756d626572223a332c22706f7374696e6773223a5b7b226163636f756e74223a31372c22616d6f756e74223a223730302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a322c22616d6f756e74223a222d3730302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 40, '01a22b9e-8931-7894-a41d-3b6a77369920', 1796028139856653, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383933312d373839342d613431642d336236613737333639393230222c22646174615f736861323536223a2239376266346564333631343164393932393830396130636635353265343436636434623461633636613062626537653130326666633665633938393265396630222c226964223a2230316132326239652d383933312d373839342d613431642d336236613737333639393230222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2239633531366233363263363130623165323034643765656237633864653266323733633131386138363832613661303133613938303565313930633037663034222c22706f736974696f6e223a34302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3835363635335a222c2272657175657374223a2230316132326239652d383932662d376334362d623766382d353438306463376234663039222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30312d3132222c226b696e64223a226e6f726d616c222c226e756d626572223a342c22706f7374696e6773223a5b7b226163636f756e74223a31352c22616d6f756e74223a22312e3435222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a362c22616d6f756e74223a222d312e3435222c2263757272656e6379223a22555344222c22647565223a22323032342d30312d3238222c227061727479223a2243415244227d5d2c22736572696573223a2241227d'),
	(2, 41, '01a22b9e-8998-7f85-9261-505604e6519f', 1796028139939103, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383939382d376638352d393236312d353035363034653635313966222c22646174615f736861323536223a2235316339343537316663313634353039346361326662666634363665663335336235336139393763613338636262346132643564343162306633336134343265222c226964223a2230316132326239652d383939382d376638352d393236312d353035363034653635313966222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2261633838333937646233663938373834393464613831363931623730653933356136393362626365386263363331383434666333303163363532333564666137222c22706f736974696f6e223a34312c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3933393130335a222c2272657175657374223a2230316132326239652d383939352d376331312d396335372d326437666562616162386463222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30322d3235222c226b696e64223a226e6f726d616c222c226e756d626572223a352c22706f7374696e6773223a5b7b226163636f756e74223a322c22616d6f756e74223a22313835302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31332c22616d6f756e74223a222d313835302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 42, '01a22b9e-89b7-74ce-9928-746b51949dd3', 1796028139968836, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d383962372d373463652d393932382d373436623531393439646433222c22646174615f736861323536223a2264343563626561343066313564663738633735306232613861303931393663613266383832653834386164366337373263323832393338336363376636613566222c226964223a2230316132326239652d383962372d373463652d393932382d373436623531393439646433222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2233653561396264393032393566323432343364373664316535396136643839303437333736336565653238303963303161656339373065333264633965323065222c22706f736974696f6e223a34322c227265636f726465645f6174223a22323032362d31312d33305430383a34323a31392e3936383833365a222c2272657175657374223a2230316132326239652d383961632d373835642d623935352d656236383433376264623064222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30322d3033222c226b696e64223a226e6f726d616c222c226e756d626572223a362c22706f7374696e6773223a5b7b226163636f756e74223a31372c22616d6f756e74223a223730302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a322c22616d6f756e74223a222d3730302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 43, '01a22b9e-8a02-7bcd-8459-b39f7852da76', 1796028140058343, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386130322d376263642d383435392d623339663738353264613736222c22646174615f736861323536223a2263636539316463373161396466326338383661396536613762663936346438383966393265383533326564323530326231303734656335633238623733346661222c226964223a2230316132326239652d386130322d376263642d383435392d623339663738353264613736222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2261333432313363336230346261663430376535323066313730396361356638313730613066613634363930383734393839643832646239303335303435653864222c22706f736974696f6e223a34332c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3035383334335a222c2272657175657374223a2230316132326239652d383966612d376535352d393766342d396262336434613663663139222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30322d3132222c226b696e64223a226e6f726d616c222c226e756d626572223a372c22706f7374696e6773223a5b7b226163636f756e74223a31352c22616d6f756e74223a22322e3435222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a362c22616d6f756e74223a222d322e3435222c2263757272656e6379223a22555344222c22647565223a22323032342d30322d3238222c227061727479223a2243415244227d5d2c22736572696573223a2241227d'),
	(2, 44, '01a22b9e-8a3b-704a-84c5-7a443fd3396d', 1796028140103270, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386133622d373034612d383463352d376134343366643333393664222c22646174615f736861323536223a2264346564346266626336626662393539633734643134306630323130653235396130393933656163383936336136316666343564356261323830613438626639222c226964223a2230316132326239652d386133622d373034612d383463352d376134343366643333393664222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2238633165653237393063353436643762326637653930393637303935356538613234363036326138383566336639613435343761313866336264323638373033222c22706f736974696f6e223a34342c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3130333237305a222c2272657175657374223a2230316132326239652d386133372d373033302d623661622d653734353835636635663335222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3235222c226b696e64223a226e6f726d616c222c226e756d626572223a382c22706f7374696e6773223a5b7b226163636f756e74223a322c22616d6f756e74223a22313835302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a31332c22616d6f756e74223a222d313835302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 45, '01a22b9e-8a6d-74c3-a969-5fa872625382', 1796028140154557, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386136642d373463332d613936392d356661383732363235333832222c22646174615f736861323536223a2239373633623966326135343061316239313337623032336632356261313636306465666233656162326339393761396639303863376534303737366164653161222c226964223a2230316132326239652d386136642d373463332d613936392d356661383732363235333832222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2232386533356539356662353935613361306535386561663436393935343534343636613234636138623734623866353839313566303061643065666136616236222c22706f736974696f6e223a34352c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3135343535375a222c2272657175657374223a2230316132326239652d386136612d373965332d386566302d653834666162373438383661222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3033222c226b696e64223a226e6f726d616c222c226e756d626572223a392c22706f7374696e6773223a5b7b226163636f756e74223a31372c22616d6f756e74223a223730302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a322c22616d6f756e74223a222d3730302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 46, '01a22b9e-8abd-7728-8e80-1746126b8377', 1796028140230996, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386162642d373732382d386538302d313734363132366238333737222c22646174615f736861323536223a2262333236313531636336313031623635356664653536656566336438643034363536653235396162383464643365666461333535626364343164313532386435222c226964223a2230316132326239652d386162642d373732382d386538302d313734363132366238333737222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2262626435353961353939656137343732356563643437326633396565616331366135353866383438663134623733623961393632306136363231346263316337222c22706f736974696f6e223a34362c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3233303939365a222c2272657175657374223a2230316132326239652d386162392d376439362d626566622d366166623831626166313839222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3132222c226b696e64223a226e6f726d616c222c226e756d626572223a31302c22706f7374696e6773223a5b7b226163636f756e74223a31352c22616d6f756e74223a22332e3435222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a362c22616d6f756e74223a222d332e3435222c2263757272656e6379223a22555344222c22647565223a22323032342d30332d3238222c227061727479223a2243415244227d5d2c22736572696573223a2241227d'),
	(2, 47, '01a22b9e-8ad0-75cb-baa3-ba1a55c1e4dc', 1796028140241673, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386164302d373563622d626161332d626131613535633165346463222c22646174615f736861323536223a2231393833333136666134626238333666313339626630346337353137306535383665393039343638363865376666363962326266663033376534326664666266222c226964223a2230316132326239652d386164302d373563622d626161332d626131613535633165346463222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a34372c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3234313637335a222c2272657175657374223a2230316132326239652d386163662d373831372d386232352d313637616562323264613961222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30332d3238222c226b696e64223a226e6f726d616c222c226e756d626572223a31312c22706f7374696e6773223a5b7b226163636f756e74223a362c22616d6f756e74223a22332e3435222c2263757272656e6379223a22555344222c22647565223a22323032342d30332d3238222c227061727479223a2243415244227d2c7b226163636f756e74223a322c22616d6f756e74223a222d332e3435222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 48, '01a22b9e-8b07-79ba-8e6c-02ef21315076', 1796028140322752, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386230372d373962612d386536632d303265663231333135303736222c22646174615f736861323536223a2235323562323138356335313039613365653630373063636363613034323433626432663530393664356239333162656132613635323562393433636666306165222c226964223a2230316132326239652d386230372d373962612d386536632d303265663231333135303736222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a2263623234386161383539333965626435303761373030373736646138353761303137393265323662383230323438326136333466626439386531366436376264222c22706f736974696f6e223a34382c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3332323735325a222c2272657175657374223a2230316132326239652d386230322d376264632d623637652d333534386233376662666638222c22736368656d61223a312c2274797065223a225472616e73616374696f6e506f73746564222c2276223a317d', '\x7b2264617465223a22323032342d30342d3032222c226b696e64223a226e6f726d616c222c226e756d626572223a31322c22706f7374696e6773223a5b7b226163636f756e74223a312c22616d6f756e74223a2236302e3030222c2263757272656e6379223a22555344227d2c7b226163636f756e74223a322c22616d6f756e74223a222d36302e3030222c2263757272656e6379223a22555344227d5d2c22736572696573223a2241227d'),
	(2, 49, '01a22b9e-8b45-7a7e-82f1-fe48b283236d', 1796028140360779, '\x7b226163746f72223a7b226964223a22756f6b7377657a6f6f7a767a62656c37657979367075726f222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386234352d376137652d383266312d666534386232383332333664222c22646174615f736861323536223a2265633465343866656333623638333235636466393231383966383630326334396131326561653037373139353862636538643936643936383162346234316631222c226964223a2230316132326239652d386234352d376137652d383266312d666534386232383332333664222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a34392c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3336303737395a222c2272657175657374223a2230316132326239652d386233642d373834342d383235612d303838303363336430623737222c22736368656d61223a312c2274797065223a224d656d6265724772616e746564222c2276223a317d', '\x7b22726f6c65223a2261756469746f72222c2275736572223a226d7a7437676765346664356633666472326775336b666661227d'),
	(2, 50, '01a22b9e-8b7d-7365-908c-c716500ddfe7', 1796028140425040, '\x7b226163746f72223a7b226964223a226d7a7437676765346664356633666472326775336b666661222c2274797065223a2275736572227d2c22636f6d6d616e64223a2230316132326239652d386237642d373336352d393038632d633731363530306464666537222c22646174615f736861323536223a2233623231326237656331666462636631653439353434326263653364396636383930366137373231383734616634643336613562613430306438323430656463222c226964223a2230316132326239652d386237642d373336352d393038632d633731363530306464666537222c226b6579223a6e756c6c2c226c6564676572223a2230316132326239652d383735332d376163622d626563622d643131636366633039633266222c226d656d6f5f736861323536223a6e756c6c2c22706f736974696f6e223a35302c227265636f726465645f6174223a22323032362d31312d33305430383a34323a32302e3432353034305a222c2272657175657374223a2230316132326239652d386235612d376337322d396136352d303965626265366164393338222c22736368656d61223a312c2274797065223a224d656d6265725265766f6b6564222c2276223a317d', '\x7b2275736572223a226d7a7437676765346664356633666472326775336b666661227d');

INSERT INTO public.keys VALUES
	(1, 'open-1', 0, 0, 1),
	(1, 'till-2023-04', 31, 31, 1),
	(1, 'till-2023-06', 33, 33, 1),
	(1, 'till-2023-08', 35, 35, 1),
	(1, 'till-2023-11', 37, 37, 1),
	(1, 'till-2024-02', 39, 39, 1),
	(1, 'till-2024-05', 41, 41, 1),
	(1, 'undo-1', 48, 48, 1),
	(1, 'import:box%2Fstall:1', 83, 83, 1),
	(1, 'import:box%2Fstall:2', 84, 84, 1),
	(2, 'personal', 0, 0, 1),
	(2, 'opening/chart/0', 1, 1, 1),
	(2, 'opening/chart/1', 2, 2, 1),
	(2, 'opening/chart/2', 3, 3, 1),
	(2, 'opening/chart/3', 4, 4, 1),
	(2, 'opening/chart/4', 5, 5, 1),
	(2, 'opening/chart/5', 6, 6, 1),
	(2, 'opening/chart/6', 7, 7, 1),
	(2, 'opening/chart/7', 8, 8, 1),
	(2, 'opening/chart/8', 9, 9, 1),
	(2, 'opening/chart/9', 10, 10, 1),
	(2, 'opening/chart/10', 11, 11, 1),
	(2, 'opening/chart/11', 12, 12, 1),
	(2, 'opening/chart/12', 13, 13, 1),
	(2, 'opening/chart/13', 14, 14, 1),
	(2, 'opening/chart/14', 15, 15, 1),
	(2, 'opening/chart/15', 16, 16, 1),
	(2, 'opening/chart/16', 17, 17, 1),
	(2, 'opening/chart/17', 18, 18, 1),
	(2, 'opening/chart/18', 19, 19, 1),
	(2, 'opening/chart/19', 20, 20, 1),
	(2, 'opening/chart/20', 21, 21, 1),
	(2, 'opening/chart/21', 22, 22, 1),
	(2, 'opening/chart/22', 23, 23, 1),
	(2, 'opening/chart/23', 24, 24, 1),
	(2, 'opening/chart/24', 25, 25, 1),
	(2, 'opening/chart/25', 26, 26, 1),
	(2, 'opening/chart/26', 27, 27, 1),
	(2, 'opening/chart/27', 28, 28, 1),
	(2, 'opening/chart/28', 29, 29, 1),
	(2, 'opening/chart/29', 30, 30, 1),
	(2, 'opening/chart/30', 31, 31, 1),
	(2, 'opening/chart/31', 32, 32, 1),
	(2, 'opening/chart/32', 33, 33, 1),
	(2, 'opening/chart/33', 34, 34, 1),
	(2, 'opening/chart/34', 35, 35, 1);

INSERT INTO public.ledgers VALUES
	(2, '01a22b9e-8753-7acb-becb-d11ccfc09c2f', 'ledger-7acbbecbd11ccfc09c2f', 51, '\x92e01ab3962115c1e888182edffab970f763ba401bd0d3fbec1f853bd90d1768202aec3e7a4e6623312493d21f6072aae8f5acefc792cc29d128d262d2ba65345872ae84246055938312592e8a371dcd08f98874ff6cf13de9b61e28ffeae268d4d6c931866b4ad189de6061271aa6fe140dbeade3240c055f13564d9b44d50c', '\x89a01480a3cf60e000e9ee55099442b7b28067fedf5df9d0172e750b727e6966', 1796028140425040, 'uokswezoozvzbel7eyy6puro', 'USD', 'UTC', '01-01', 10, 'Personal', true, 0),
	(1, '01a22b9e-23d4-7683-9c82-27e1792b13f6', 'tea-kiosk', 85, '\x8e939fbc2b7ea494094e5d406d045629ac1a6c7c258d3f2e40f9aa4616b1fac026ef974879ec97316073cce0b8ab3801807836317561f36f4d3fc735d3d42f1aab03c88516e320de227350b314d3403c444c3ba9f396efd873b4701da5b3305a1906e4ea98b471fb49e27a5d2a99327cc763a991b5081cf7c690fc282b557a86', '\x7abc67a28c93b18f845cfab0497e22a4a37b73865c93f2188716868c211b0aaa', 1796028139101884, 'mzt7gge4fd5f3fdr2gu3kffa', 'EUR', 'Europe/Lisbon', '04-01', 10, 'Tea kiosk at the old pier', true, 3);

INSERT INTO public.members VALUES
	(1, 'mzt7gge4fd5f3fdr2gu3kffa', 'owner', NULL, 0),
	(1, 'xuqmb6s4d7t4o6lm423ka7jl', 'bookkeeper', NULL, 4),
	(1, 'uokswezoozvzbel7eyy6puro', 'auditor', 4102441200000000, 5),
	(1, 'rq5wa42ffedalm6zfgbmwotx', 'bookkeeper', 4086460800000000, 81),
	(2, 'uokswezoozvzbel7eyy6puro', 'owner', NULL, 0),
	(2, 'mzt7gge4fd5f3fdr2gu3kffa', NULL, NULL, 50);

INSERT INTO public.memos VALUES
	(1, 0, '\x7b226964223a227465612d6b696f736b222c226e616d65223a22546561206b696f736b206174207468652070696572222c2273616c74223a223464343664373264313865616334366530323861653834643931613362656531227d'),
	(1, 3, '\x7b226e616d65223a22546561206b696f736b20617420746865206f6c642070696572222c2273616c74223a226237343535626236663536363930643435646336326363613133383131396261227d'),
	(1, 7, '\x7b226c6162656c223a225468652074696c6c222c2270617468223a224173736574733a43617368222c2273616c74223a226137623439303333383463656539313937303164333431383631376336626666227d'),
	(1, 8, '\x7b226d65746164617461223a7b226272616e6368223a372c226f70656e6564223a2232303232227d2c2270617468223a224173736574733a42616e6b222c2273616c74223a226630623133353966363862656335323837393932316637646336323435346338227d'),
	(1, 9, '\x7b2270617468223a224173736574733a446f6c6c617273222c2273616c74223a223130643366353732666361613563343964356431633266323133323765636239227d'),
	(1, 10, '\x7b2270617468223a224173736574733a52656365697661626c65222c2273616c74223a226565386639326639313035396632653735383865633764613537363234373630227d'),
	(1, 11, '\x7b2270617468223a224173736574733a45717569706d656e74222c2273616c74223a226331333936626238353934616463626664356262623839333134323335303166227d'),
	(1, 12, '\x7b2270617468223a224173736574733a53746f636b222c2273616c74223a226639313739653535666239633132303862663933323233313830643432656234227d'),
	(1, 13, '\x7b2270617468223a224c696162696c69746965733a50617961626c65222c2273616c74223a223464336534616637326662303861363239653165633735386438393836316631227d'),
	(1, 14, '\x7b2270617468223a224c696162696c69746965733a564154222c2273616c74223a226336396333316633386164633535333133663630343335396665616333373437227d'),
	(1, 15, '\x7b2270617468223a224c696162696c69746965733a47696674206361726473222c2273616c74223a226134653363343133353930346663613832636231356237313833383136316263227d'),
	(1, 16, '\x7b2270617468223a224571756974793a4f70656e696e67222c2273616c74223a226430326463386562646662653838633161646163613433356238626538636438227d'),
	(1, 17, '\x7b2270617468223a224571756974793a52657461696e6564222c2273616c74223a223932303765336234353665353633333365303336363732336438313133376532227d'),
	(1, 18, '\x7b2270617468223a224571756974793a45786368616e6765222c2273616c74223a223564623933373365663533393062303234343035353562333664653465326162227d'),
	(1, 19, '\x7b2270617468223a22496e636f6d653a546561222c2273616c74223a223963363830393962376165636639353834306638366665653731656336313231227d'),
	(1, 21, '\x7b2270617468223a22496e636f6d653a526f756e64696e67222c2273616c74223a223331393163353366346337343235633534663561306338656631353238353864227d'),
	(1, 22, '\x7b2270617468223a22457870656e7365733a476f6f6473222c2273616c74223a223239303562303438636461333432303861353466613366316163633739336465227d'),
	(1, 23, '\x7b2270617468223a22457870656e7365733a52656e74222c2273616c74223a226438366130303762613164333566386534623330336238376261336531306265227d'),
	(1, 24, '\x7b2270617468223a22457870656e7365733a52657061697273222c2273616c74223a226134643431373936336363343234313461653338373165373466643433376230227d'),
	(1, 25, '\x7b2270617468223a2257656172222c2273616c74223a226164323737326636383033636565663439346333363438336336643739363866227d'),
	(1, 26, '\x7b2270617468223a224173736574733a45717569706d656e743a446570726563696174696f6e222c2273616c74223a223263396237353866656331353633373038626164626236336636303235623763227d'),
	(1, 30, '\x7b226465736372697074696f6e223a224f70656e696e672062616c616e636573222c2273616c74223a226563646137646639386439303831393032623837313733373065633831316166227d'),
	(1, 31, '\x7b226465736372697074696f6e223a2254656120736f6c6420696e20323032332d3034222c226d65746164617461223a7b2263757073223a3231302c227368656574223a22323032332d3034227d2c2273616c74223a223137393335653663363438306536636237343264373832303266346138373439222c2274616773223a5b2274696c6c225d7d'),
	(1, 32, '\x7b226465736372697074696f6e223a22546f207468652062616e6b222c2273616c74223a223835303337356563323639383835383933363766643136316665626338646634227d'),
	(1, 33, '\x7b226465736372697074696f6e223a2254656120736f6c6420696e20323032332d3036222c226d65746164617461223a7b2263757073223a3334302c227368656574223a22323032332d3036227d2c2273616c74223a223966656237663331346338326366353263653662373331353261626335316166222c2274616773223a5b2274696c6c225d7d'),
	(1, 34, '\x7b226465736372697074696f6e223a22546f207468652062616e6b222c2273616c74223a226637326631613730656331396532373264623764353035353635343064303030227d'),
	(1, 35, '\x7b226465736372697074696f6e223a2254656120736f6c6420696e20323032332d3038222c226d65746164617461223a7b2263757073223a3530352c227368656574223a22323032332d3038227d2c2273616c74223a226166643235393439616631333437333462333237333633383233643538663135222c2274616773223a5b2274696c6c225d7d'),
	(1, 36, '\x7b226465736372697074696f6e223a22546f207468652062616e6b222c2273616c74223a223737393433666266323562613630363964326338313236313932613561303266227d'),
	(1, 37, '\x7b226465736372697074696f6e223a2254656120736f6c6420696e20323032332d3131222c226d65746164617461223a7b2263757073223a3136302c227368656574223a22323032332d3131227d2c2273616c74223a223736323532613366303866613266366661373133376161616634386439666361222c2274616773223a5b2274696c6c225d7d'),
	(1, 38, '\x7b226465736372697074696f6e223a22546f207468652062616e6b222c2273616c74223a223737613433616230396437636461323836336132623765336133343031303263227d'),
	(1, 39, '\x7b226465736372697074696f6e223a2254656120736f6c6420696e20323032342d3032222c226d65746164617461223a7b2263757073223a3134302c227368656574223a22323032342d3032227d2c2273616c74223a223465323038376232633239643331356632383338363130353137343337333731222c2274616773223a5b2274696c6c225d7d'),
	(1, 40, '\x7b226465736372697074696f6e223a22546f207468652062616e6b222c2273616c74223a226463383638313134346138353638313038653764613535393731326634386361227d'),
	(1, 41, '\x7b226465736372697074696f6e223a2254656120736f6c6420696e20323032342d3035222c226d65746164617461223a7b2263757073223a3331302c227368656574223a22323032342d3035227d2c2273616c74223a226133303330663938393662323936386431363433316137353738316463313265222c2274616773223a5b2274696c6c225d7d'),
	(1, 42, '\x7b226465736372697074696f6e223a22546f207468652062616e6b222c2273616c74223a223431376438326165333464656331313834303330653533346261663333373031227d'),
	(1, 43, '\x7b226465736372697074696f6e223a22546561206c6561766573222c226c696e6573223a7b2230223a224c65617665732c20666972737420666c757368227d2c226e6f746573223a2248616c66206e6f772c2068616c6620696e2061206d6f6e74682e222c227061796565223a224c656166202620466c6f776572222c2273616c74223a226561353138613061316261653262383134376534306534373634326534666132227d'),
	(1, 44, '\x7b226465736372697074696f6e223a2250617274206f66204c462d30303731222c2273616c74223a223731383531356330353332643434613566326630323266663632646635613631227d'),
	(1, 45, '\x7b226465736372697074696f6e223a2252657374206f66204c462d30303731222c2273616c74223a223734303239393730363530623136653738656565643532646636366237623039227d'),
	(1, 46, '\x7b227061796565223a224c656166202620466c6f776572222c2273616c74223a223230383632396565643133366331343732306339653361623764633935323166227d'),
	(1, 48, '\x7b226465736372697074696f6e223a22456e7465726564207477696365222c226e6f746573223a22536565204c462d30313032222c2273616c74223a223361383833663161613766393435383561353635316564376234343732316538227d'),
	(1, 49, '\x7b226465736372697074696f6e223a2252656e742c204a616e75617279222c2273616c74223a223734663366323838323234303635646366623331626562666361303961626430227d'),
	(1, 50, '\x7b226465736372697074696f6e223a22576173207061696420627920746865206e65696768626f7572222c2273616c74223a223537376533643062386564356238373439356335636432333434376536646630227d'),
	(1, 51, '\x7b226465736372697074696f6e223a2252656e74222c2273616c74223a226162343662336639353139336338303231633931373839613734366233346361227d'),
	(1, 52, '\x7b226465736372697074696f6e223a2252656e74222c2273616c74223a226235663064336337393639633033616137666561346464646430303266396333227d'),
	(1, 53, '\x7b226465736372697074696f6e223a2252656e74222c2273616c74223a223065616133626163616261343939383730376362633666353061383762663234227d'),
	(1, 54, '\x7b226465736372697074696f6e223a22446f6c6c61727320626f75676874222c2273616c74223a226665643034333334346234373330396234303362383338313732316336363233227d'),
	(1, 55, '\x7b226465736372697074696f6e223a224d61746368612c2062792063617264222c2273616c74223a223562356536366236376362653866653966386362326566363264363963633563227d'),
	(1, 56, '\x7b226465736372697074696f6e223a22506f696e747320676976656e206f7574222c2273616c74223a223165396538303538396632616461303466663235663131623364303665613539227d'),
	(1, 57, '\x7b226465736372697074696f6e223a22412076657279206c61726765206e756d626572222c2273616c74223a226538323564306234646161353438313333333635616236666661656431613133227d'),
	(1, 58, '\x7b226c6162656c223a2253746f726573222c2270617468223a224173736574733a53746f726573222c2273616c74223a223333383830313731386461343034366631636332646665636166653564346464227d'),
	(1, 59, '\x7b2270617468223a22496e636f6d653a537765657473222c2273616c74223a226362383839313934363930326364313635636563313538346138393532306434227d'),
	(1, 60, '\x7b226d65746164617461223a7b226272616e6368223a392c226e6f7465223a226d6f766564222c226f70656e6564223a2232303232227d2c2273616c74223a223136393165336130356665623037366263616563356664653433656637353664227d'),
	(1, 63, '\x7b226c6162656c223a22437573746f6d657273222c2273616c74223a223530363538633430356136323963663363343164336430353932316135653636227d'),
	(1, 70, '\x7b226465736372697074696f6e223a2253746f636b20636f756e746564222c2273616c74223a223966356439353935646233666564383030356139323836373166346163663038227d'),
	(1, 71, '\x7b226465736372697074696f6e223a2257656172206f66207468652073616d6f766172222c2273616c74223a223364363739663431653835623432613833666333346465373964643437643064227d'),
	(1, 72, '\x7b226465736372697074696f6e223a22412073616d6f766172222c2273616c74223a223262366332636266376663323864623139373766643663333463316534636635227d'),
	(1, 73, '\x7b226465736372697074696f6e223a22446f6c6c6172732076616c75656420616761696e222c2273616c74223a223835623466646430653131363362623664646338623862386435356232633033227d'),
	(1, 74, '\x7b226465736372697074696f6e223a225965617220323032332f323420636c6f73656420696e2070617274222c2273616c74223a223562366234623663636437316337636232313733323933303933623934663566227d'),
	(1, 47, NULL),
	(1, 20, NULL),
	(1, 82, '\x7b2270617468223a22496e636f6d653a4d61726b65743a42756e73222c2273616c74223a223832353033383530663338643765323032303937336162616230663236363431227d'),
	(1, 83, '\x7b226465736372697074696f6e223a224d61726b6574207374616c6c222c22696d706f72746564223a7b2277656174686572223a227261696e227d2c226c696e6573223a7b2231223a2242756e73227d2c2273616c74223a226461666232623965643131653933396639663234663462643638626330663635227d'),
	(1, 84, '\x7b226465736372697074696f6e223a224d61726b6574207374616c6c222c22696d706f72746564223a7b2277656174686572223a2273756e227d2c2273616c74223a226434313836373638306638633239303061633066353835363264333735663238227d'),
	(2, 0, '\x7b226964223a226c65646765722d3761636262656362643131636366633039633266222c226e616d65223a22506572736f6e616c222c2273616c74223a226338383164633730336235633737636334393138626437396631626530353963227d'),
	(2, 1, '\x7b2270617468223a224173736574733a43617368222c2273616c74223a223038316462323761393664316362363762373436333032396138633333613362227d'),
	(2, 2, '\x7b2270617468223a224173736574733a436865636b696e67204163636f756e74222c2273616c74223a226232653164336338326539613534366436613966666663643534656461303664227d'),
	(2, 3, '\x7b2270617468223a224173736574733a536176696e6773204163636f756e74222c2273616c74223a223430386339306533656437316332316363643432366434356437626533306134227d'),
	(2, 4, '\x7b2270617468223a224173736574733a496e766573746d656e7473222c2273616c74223a226161636238356332653861376461653334623134623436653537643264396530227d'),
	(2, 5, '\x7b2270617468223a224173736574733a4c656e7420746f204f7468657273222c2273616c74223a223436396463663663653431653138626562663535626366303732623465613763227d'),
	(2, 6, '\x7b2270617468223a224c696162696c69746965733a42696c6c7320746f20506179222c2273616c74223a226239613939663566306530616666363938616136353536623865663739393461227d'),
	(2, 7, '\x7b2270617468223a224c696162696c69746965733a4372656469742043617264222c2273616c74223a223465666134373930313135393533356539313561386633666237313466373264227d'),
	(2, 8, '\x7b2270617468223a224c696162696c69746965733a4c6f616e73222c2273616c74223a223664303334623438326435353663353062633036333264613436396263623465227d'),
	(2, 9, '\x7b2270617468223a224571756974793a4f70656e696e672042616c616e636573222c2273616c74223a223732626466386435343732306463376539633662656236336166313036326162227d'),
	(2, 10, '\x7b2270617468223a224571756974793a416363756d756c6174656420536176696e6773222c2273616c74223a226564663934366163663434616238666561303032306632636663393035613536227d'),
	(2, 11, '\x7b2270617468223a22496e636f6d653a53616c617279222c2273616c74223a226533643034633662643964393331366366373431383764636132343339633337227d'),
	(2, 12, '\x7b2270617468223a22496e636f6d653a496e746572657374222c2273616c74223a226639623534336562633835653033373331383033356532356165633934346232227d'),
	(2, 13, '\x7b2270617468223a22496e636f6d653a4769667473205265636569766564222c2273616c74223a226634313134656137343131636166313439376461666264353665396431333162227d'),
	(2, 14, '\x7b2270617468223a22496e636f6d653a4f7468657220496e636f6d65222c2273616c74223a226163393230383661343435366638346362643134333666363365303336383964227d'),
	(2, 15, '\x7b2270617468223a22457870656e7365733a47726f636572696573222c2273616c74223a226261343832353535656566336164653462333964383464646435353532616335227d'),
	(2, 16, '\x7b2270617468223a22457870656e7365733a456174696e67204f7574222c2273616c74223a223236643635663364303363303833373162356166663335323539313362373665227d'),
	(2, 17, '\x7b2270617468223a22457870656e7365733a486f6d653a52656e74222c2273616c74223a223561313739653938373164393963383462613339396438386535326439313833227d'),
	(2, 18, '\x7b2270617468223a22457870656e7365733a486f6d653a456e6572677920616e64205761746572222c2273616c74223a223661376533633939623135356136303734326231373132373336356364363738227d'),
	(2, 19, '\x7b2270617468223a22457870656e7365733a486f6d653a496e7465726e657420616e642050686f6e65222c2273616c74223a226237343161323733636137376261663937656439333235323635386363613339227d'),
	(2, 20, '\x7b2270617468223a22457870656e7365733a486f6d653a4675726e697368696e67222c2273616c74223a226233393733356137336334653631346662663039313935313462313838623036227d'),
	(2, 21, '\x7b2270617468223a22457870656e7365733a47657474696e672041726f756e643a5075626c6963205472616e73706f7274222c2273616c74223a226464333365336435663937386436326138306331626636383166313035363531227d'),
	(2, 22, '\x7b2270617468223a22457870656e7365733a47657474696e672041726f756e643a436172222c2273616c74223a226335663961666630346335643633666264646232623635363138383939303434227d'),
	(2, 23, '\x7b2270617468223a22457870656e7365733a4865616c7468222c2273616c74223a226663633863303639623835346239663465313266633166643766386136316437227d'),
	(2, 24, '\x7b2270617468223a22457870656e7365733a496e737572616e6365222c2273616c74223a223966633035366333626534353061346332363632396534613666393437393531227d'),
	(2, 25, '\x7b2270617468223a22457870656e7365733a436c6f7468696e67222c2273616c74223a223534653861623164613036383164326239626432313332353865633861363761227d'),
	(2, 26, '\x7b2270617468223a22457870656e7365733a53686f7070696e67222c2273616c74223a223965643465313834633763373339303636333232333031633136623835306634227d'),
	(2, 27, '\x7b2270617468223a22457870656e7365733a4c656973757265222c2273616c74223a223339646165613733333935663763366262663964333631663361326130663862227d'),
	(2, 28, '\x7b2270617468223a22457870656e7365733a54726176656c222c2273616c74223a226266353966316665636633643361303230653962333937323035373562643138227d'),
	(2, 29, '\x7b2270617468223a22457870656e7365733a537562736372697074696f6e73222c2273616c74223a226338393631663534626363613837353861653033383436666365383663613065227d'),
	(2, 30, '\x7b2270617468223a22457870656e7365733a456475636174696f6e222c2273616c74223a223331316666643038303932663234393265633935313930363030653231373738227d'),
	(2, 31, '\x7b2270617468223a22457870656e7365733a4368696c6472656e222c2273616c74223a223062326138333834313934653533653639653933383162383130366335323436227d'),
	(2, 32, '\x7b2270617468223a22457870656e7365733a476966747320616e6420446f6e6174696f6e73222c2273616c74223a223464613934636364386530646463323332373836313432306438393266613331227d'),
	(2, 33, '\x7b2270617468223a22457870656e7365733a5461786573222c2273616c74223a226364346433393730396166376632316461653932383939363832316539343331227d'),
	(2, 34, '\x7b2270617468223a22457870656e7365733a42616e6b2046656573222c2273616c74223a223562313730333831303064666263323766373233623031313761646562396562227d'),
	(2, 35, '\x7b2270617468223a22457870656e7365733a4f7468657220457870656e736573222c2273616c74223a226136613233353233366530313765613136666539363731623064613833393765227d'),
	(2, 38, '\x7b226465736372697074696f6e223a22506179222c227061796565223a224d757365756d206f6620427574746f6e73222c2273616c74223a223866323936383431323963326633613135353430333361613834616363356566227d'),
	(2, 39, '\x7b226465736372697074696f6e223a2252656e74222c2273616c74223a226338656332653237636331663166313532636132383866616264366564386234227d'),
	(2, 40, '\x7b226465736372697074696f6e223a2253686f70222c2273616c74223a226163623636376263336631393237373163303032383434626132326462626530222c2274616773223a5b227765656b225d7d'),
	(2, 41, '\x7b226465736372697074696f6e223a22506179222c227061796565223a224d757365756d206f6620427574746f6e73222c2273616c74223a223165623936356330313861343137643761396534396166386639333838366534227d'),
	(2, 42, '\x7b226465736372697074696f6e223a2252656e74222c2273616c74223a223934656632353738623733363566366233343666393961353738346237313933227d'),
	(2, 43, '\x7b226465736372697074696f6e223a2253686f70222c2273616c74223a223439346333663139353565373134303238363736326466626561336263316133222c2274616773223a5b227765656b225d7d'),
	(2, 44, '\x7b226465736372697074696f6e223a22506179222c227061796565223a224d757365756d206f6620427574746f6e73222c2273616c74223a223137303431613866613664393234613438653866373063653565383739333462227d'),
	(2, 45, '\x7b226465736372697074696f6e223a2252656e74222c2273616c74223a226633613438336162303465643238343139633035316236353632346531376562227d'),
	(2, 46, '\x7b226465736372697074696f6e223a2253686f70222c2273616c74223a223862363233386634663832363262376564353662613965633566666565373333222c2274616773223a5b227765656b225d7d'),
	(2, 48, '\x7b226465736372697074696f6e223a224f7574206f66207468652077616c6c222c2273616c74223a223432393866336331366234626437356438336534373333303634356436323162227d');

INSERT INTO public.opening_keys VALUES
	('mzt7gge4fd5f3fdr2gu3kffa', 'open-1', '01a22b9e-23d4-7683-9c82-27e1792b13f6'),
	('uokswezoozvzbel7eyy6puro', 'personal', '01a22b9e-8753-7acb-becb-d11ccfc09c2f');

INSERT INTO public.register_lines VALUES
	(1, 1, 7, '2023-04-01', 30, 0, 'EUR', 2, 15000, NULL),
	(1, 1, 8, '2023-04-01', 30, 1, 'EUR', 2, 820000, NULL),
	(1, 1, 9, '2023-04-01', 30, 2, 'USD', 2, 40000, NULL),
	(1, 1, 16, '2023-04-01', 30, 3, 'EUR', 2, -835000, NULL),
	(1, 1, 16, '2023-04-01', 30, 4, 'USD', 2, -40000, NULL),
	(1, 1, 7, '2023-04-28', 31, 0, 'EUR', 2, 66780, NULL),
	(1, 1, 19, '2023-04-28', 31, 1, 'EUR', 2, -63000, NULL),
	(1, 1, 14, '2023-04-28', 31, 2, 'EUR', 2, -3780, NULL),
	(1, 1, 8, '2023-04-28', 32, 0, 'EUR', 2, 63000, NULL),
	(1, 1, 7, '2023-04-28', 32, 1, 'EUR', 2, -63000, NULL),
	(1, 1, 7, '2023-06-28', 33, 0, 'EUR', 2, 108120, NULL),
	(1, 1, 19, '2023-06-28', 33, 1, 'EUR', 2, -102000, NULL),
	(1, 1, 14, '2023-06-28', 33, 2, 'EUR', 2, -6120, NULL),
	(1, 1, 8, '2023-06-28', 34, 0, 'EUR', 2, 102000, NULL),
	(1, 1, 7, '2023-06-28', 34, 1, 'EUR', 2, -102000, NULL),
	(1, 1, 7, '2023-08-28', 35, 0, 'EUR', 2, 171296, NULL),
	(1, 1, 19, '2023-08-28', 35, 1, 'EUR', 2, -161600, NULL),
	(1, 1, 14, '2023-08-28', 35, 2, 'EUR', 2, -9696, NULL),
	(1, 1, 8, '2023-08-28', 36, 0, 'EUR', 2, 161600, NULL),
	(1, 1, 7, '2023-08-28', 36, 1, 'EUR', 2, -161600, NULL),
	(1, 1, 7, '2023-11-28', 37, 0, 'EUR', 2, 54272, NULL),
	(1, 1, 19, '2023-11-28', 37, 1, 'EUR', 2, -51200, NULL),
	(1, 1, 14, '2023-11-28', 37, 2, 'EUR', 2, -3072, NULL),
	(1, 1, 8, '2023-11-28', 38, 0, 'EUR', 2, 51200, NULL),
	(1, 1, 7, '2023-11-28', 38, 1, 'EUR', 2, -51200, NULL),
	(1, 1, 7, '2024-02-28', 39, 0, 'EUR', 2, 50456, NULL),
	(1, 1, 19, '2024-02-28', 39, 1, 'EUR', 2, -47600, NULL),
	(1, 1, 14, '2024-02-28', 39, 2, 'EUR', 2, -2856, NULL),
	(1, 1, 8, '2024-02-28', 40, 0, 'EUR', 2, 47600, NULL),
	(1, 1, 7, '2024-02-28', 40, 1, 'EUR', 2, -47600, NULL),
	(1, 1, 7, '2024-05-28', 41, 0, 'EUR', 2, 111724, NULL),
	(1, 1, 19, '2024-05-28', 41, 1, 'EUR', 2, -105400, NULL),
	(1, 1, 14, '2024-05-28', 41, 2, 'EUR', 2, -6324, NULL),
	(1, 1, 8, '2024-05-28', 42, 0, 'EUR', 2, 105400, NULL),
	(1, 1, 7, '2024-05-28', 42, 1, 'EUR', 2, -105400, NULL),
	(1, 1, 22, '2023-05-03', 43, 0, 'EUR', 2, 48000, 'Leaves, first flush'),
	(1, 1, 13, '2023-05-03', 43, 1, 'EUR', 2, -48000, NULL),
	(1, 1, 13, '2023-05-20', 44, 0, 'EUR', 2, 24000, NULL),
	(1, 1, 8, '2023-05-20', 44, 1, 'EUR', 2, -24000, NULL),
	(1, 1, 13, '2023-06-02', 45, 0, 'EUR', 2, 24000, NULL),
	(1, 1, 8, '2023-06-02', 45, 1, 'EUR', 2, -24000, NULL),
	(1, 1, 22, '2024-03-11', 46, 0, 'EUR', 2, 61550, NULL),
	(1, 1, 13, '2024-03-11', 46, 1, 'EUR', 2, -61550, NULL),
	(1, 1, 24, '2024-03-12', 48, 0, 'EUR', 2, -9000, NULL),
	(1, 1, 13, '2024-03-12', 48, 1, 'EUR', 2, 9000, NULL),
	(1, 1, 23, '2024-01-15', 49, 0, 'EUR', 2, 30000, NULL),
	(1, 1, 8, '2024-01-15', 49, 1, 'EUR', 2, -30000, NULL),
	(1, 1, 23, '2024-02-01', 50, 0, 'EUR', 2, -30000, NULL),
	(1, 1, 8, '2024-02-01', 50, 1, 'EUR', 2, 30000, NULL),
	(1, 1, 23, '2023-05-01', 51, 0, 'EUR', 2, 30000, NULL),
	(1, 1, 8, '2023-05-01', 51, 1, 'EUR', 2, -30000, NULL),
	(1, 1, 23, '2023-09-01', 52, 0, 'EUR', 2, 30000, NULL),
	(1, 1, 8, '2023-09-01', 52, 1, 'EUR', 2, -30000, NULL),
	(1, 1, 23, '2024-04-01', 53, 0, 'EUR', 2, 30000, NULL),
	(1, 1, 8, '2024-04-01', 53, 1, 'EUR', 2, -30000, NULL),
	(1, 1, 9, '2023-07-09', 54, 0, 'USD', 2, 11000, NULL),
	(1, 1, 18, '2023-07-09', 54, 1, 'USD', 2, -11000, NULL),
	(1, 1, 18, '2023-07-09', 54, 2, 'EUR', 2, 10000, NULL),
	(1, 1, 8, '2023-07-09', 54, 3, 'EUR', 2, -10000, NULL),
	(1, 1, 22, '2023-07-30', 55, 0, 'EUR', 2, 3315, NULL),
	(1, 1, 8, '2023-07-30', 55, 1, 'EUR', 2, -3315, NULL),
	(1, 1, 15, '2023-09-01', 56, 0, 'PTS', 3, -1250125, NULL),
	(1, 1, 22, '2023-09-01', 56, 1, 'PTS', 3, 1250125, NULL),
	(1, 1, 15, '2023-10-01', 57, 0, 'PTS', 3, 99999999999999999999999, NULL),
	(1, 1, 22, '2023-10-01', 57, 1, 'PTS', 3, -99999999999999999999999, NULL),
	(1, 1, 12, '2023-12-31', 70, 0, 'EUR', 2, 7525, NULL),
	(1, 1, 22, '2023-12-31', 70, 1, 'EUR', 2, -7525, NULL),
	(1, 1, 25, '2024-03-31', 71, 0, 'EUR', 2, 12000, NULL),
	(1, 1, 26, '2024-03-31', 71, 1, 'EUR', 2, -12000, NULL),
	(1, 1, 11, '2023-06-15', 72, 0, 'EUR', 2, 96000, NULL),
	(1, 1, 8, '2023-06-15', 72, 1, 'EUR', 2, -96000, NULL),
	(1, 1, 9, '2024-03-31', 73, 0, 'USD', 2, 440, NULL),
	(1, 1, 18, '2024-03-31', 73, 1, 'USD', 2, -440, NULL),
	(1, 1, 19, '2024-03-31', 74, 0, 'EUR', 2, 400000, NULL),
	(1, 1, 22, '2024-03-31', 74, 1, 'EUR', 2, -51975, NULL),
	(1, 1, 17, '2024-03-31', 74, 2, 'EUR', 2, -348025, NULL),
	(1, 1, 13, '2024-03-12', 47, 1, 'EUR', 2, -9000, NULL),
	(1, 1, 24, '2024-03-12', 47, 0, 'EUR', 2, 9000, NULL),
	(1, 1, 7, '2024-06-01', 83, 0, 'EUR', 2, 4150, NULL),
	(1, 1, 20, '2024-06-01', 83, 1, 'EUR', 2, -4150, 'Buns'),
	(1, 1, 7, '2024-06-08', 84, 0, 'EUR', 2, 7700, NULL),
	(1, 1, 82, '2024-06-08', 84, 1, 'EUR', 2, -7700, NULL),
	(2, 1, 2, '2024-01-01', 37, 0, 'USD', 2, 90000, NULL),
	(2, 1, 10, '2024-01-01', 37, 1, 'USD', 2, -90000, NULL),
	(2, 1, 2, '2024-01-25', 38, 0, 'USD', 2, 185000, NULL),
	(2, 1, 13, '2024-01-25', 38, 1, 'USD', 2, -185000, NULL),
	(2, 1, 17, '2024-01-03', 39, 0, 'USD', 2, 70000, NULL),
	(2, 1, 2, '2024-01-03', 39, 1, 'USD', 2, -70000, NULL),
	(2, 1, 15, '2024-01-12', 40, 0, 'USD', 2, 145, NULL),
	(2, 1, 6, '2024-01-12', 40, 1, 'USD', 2, -145, NULL),
	(2, 1, 2, '2024-02-25', 41, 0, 'USD', 2, 185000, NULL),
	(2, 1, 13, '2024-02-25', 41, 1, 'USD', 2, -185000, NULL),
	(2, 1, 17, '2024-02-03', 42, 0, 'USD', 2, 70000, NULL),
	(2, 1, 2, '2024-02-03', 42, 1, 'USD', 2, -70000, NULL),
	(2, 1, 15, '2024-02-12', 43, 0, 'USD', 2, 245, NULL),
	(2, 1, 6, '2024-02-12', 43, 1, 'USD', 2, -245, NULL),
	(2, 1, 2, '2024-03-25', 44, 0, 'USD', 2, 185000, NULL),
	(2, 1, 13, '2024-03-25', 44, 1, 'USD', 2, -185000, NULL),
	(2, 1, 17, '2024-03-03', 45, 0, 'USD', 2, 70000, NULL),
	(2, 1, 2, '2024-03-03', 45, 1, 'USD', 2, -70000, NULL),
	(2, 1, 15, '2024-03-12', 46, 0, 'USD', 2, 345, NULL),
	(2, 1, 6, '2024-03-12', 46, 1, 'USD', 2, -345, NULL),
	(2, 1, 6, '2024-03-28', 47, 0, 'USD', 2, 345, NULL),
	(2, 1, 2, '2024-03-28', 47, 1, 'USD', 2, -345, NULL),
	(2, 1, 1, '2024-04-02', 48, 0, 'USD', 2, 6000, NULL),
	(2, 1, 2, '2024-04-02', 48, 1, 'USD', 2, -6000, NULL);

INSERT INTO public.register_metadata VALUES
	(1, 1, 'cups', '210', '2023-04-28', 31),
	(1, 1, 'sheet', '2023-04', '2023-04-28', 31),
	(1, 1, 'cups', '340', '2023-06-28', 33),
	(1, 1, 'sheet', '2023-06', '2023-06-28', 33),
	(1, 1, 'cups', '505', '2023-08-28', 35),
	(1, 1, 'sheet', '2023-08', '2023-08-28', 35),
	(1, 1, 'cups', '160', '2023-11-28', 37),
	(1, 1, 'sheet', '2023-11', '2023-11-28', 37),
	(1, 1, 'cups', '140', '2024-02-28', 39),
	(1, 1, 'sheet', '2024-02', '2024-02-28', 39),
	(1, 1, 'cups', '310', '2024-05-28', 41),
	(1, 1, 'sheet', '2024-05', '2024-05-28', 41);

INSERT INTO public.register_transactions VALUES
	(1, 1, 30, '01a22b9e-2d6a-796f-bc5f-084fa23521ae', '2023-04-01', 'opening', 'OB', 1, 'Opening balances', NULL, NULL, 8350000000000000000000000000000000, '[7, 8, 9, 16]', 0, 'opening balances'),
	(1, 1, 31, '01a22b9e-2e0c-7ece-a173-9f9565c545c7', '2023-04-28', 'normal', 'A', 1, 'Tea sold in 2023-04', NULL, NULL, 667800000000000000000000000000000, '[7, 19, 14]', 0, 'tea sold in 2023-04
till'),
	(1, 1, 32, '01a22b9e-2ea0-7db0-9f34-a1f7bcb9d290', '2023-04-28', 'normal', 'A', 2, 'To the bank', NULL, NULL, 630000000000000000000000000000000, '[8, 7]', 0, 'to the bank'),
	(1, 1, 33, '01a22b9e-2f15-7ed0-8a38-a0f476ec6197', '2023-06-28', 'normal', 'A', 3, 'Tea sold in 2023-06', NULL, NULL, 1081200000000000000000000000000000, '[7, 19, 14]', 0, 'tea sold in 2023-06
till'),
	(1, 1, 34, '01a22b9e-2f6a-76c6-8681-a02a7823a9ba', '2023-06-28', 'normal', 'A', 4, 'To the bank', NULL, NULL, 1020000000000000000000000000000000, '[8, 7]', 0, 'to the bank'),
	(1, 1, 35, '01a22b9e-2fd1-71aa-bbb5-afc8446fe39c', '2023-08-28', 'normal', 'A', 5, 'Tea sold in 2023-08', NULL, NULL, 1712960000000000000000000000000000, '[7, 19, 14]', 0, 'tea sold in 2023-08
till'),
	(1, 1, 36, '01a22b9e-302f-7a53-9b19-ada839320be0', '2023-08-28', 'normal', 'A', 6, 'To the bank', NULL, NULL, 1616000000000000000000000000000000, '[8, 7]', 0, 'to the bank'),
	(1, 1, 37, '01a22b9e-3060-7421-8fa8-a48eec72785b', '2023-11-28', 'normal', 'A', 7, 'Tea sold in 2023-11', NULL, NULL, 542720000000000000000000000000000, '[7, 19, 14]', 0, 'tea sold in 2023-11
till'),
	(1, 1, 38, '01a22b9e-30c1-76a3-af12-f2ff3877edee', '2023-11-28', 'normal', 'A', 8, 'To the bank', NULL, NULL, 512000000000000000000000000000000, '[8, 7]', 0, 'to the bank'),
	(1, 1, 39, '01a22b9e-30eb-73ad-b255-9df46ac6055b', '2024-02-28', 'normal', 'A', 9, 'Tea sold in 2024-02', NULL, NULL, 504560000000000000000000000000000, '[7, 19, 14]', 0, 'tea sold in 2024-02
till'),
	(1, 1, 40, '01a22b9e-313f-77e1-a2b6-55b272d7f26d', '2024-02-28', 'normal', 'A', 10, 'To the bank', NULL, NULL, 476000000000000000000000000000000, '[8, 7]', 0, 'to the bank'),
	(1, 1, 41, '01a22b9e-3173-7072-a1cb-2b1c20e161ec', '2024-05-28', 'normal', 'A', 1, 'Tea sold in 2024-05', NULL, NULL, 1117240000000000000000000000000000, '[7, 19, 14]', 0, 'tea sold in 2024-05
till'),
	(1, 1, 42, '01a22b9e-3209-7724-9d5f-2c58e41a54a9', '2024-05-28', 'normal', 'A', 2, 'To the bank', NULL, NULL, 1054000000000000000000000000000000, '[8, 7]', 0, 'to the bank'),
	(1, 1, 43, '01a22b9e-325b-7d45-9794-a164729c3d8b', '2023-05-03', 'normal', 'A', 11, 'Tea leaves', 'Leaf & Flower', 'LF-0071', 480000000000000000000000000000000, '[22, 13]', 0, 'tea leaves
leaf & flower
half now, half in a month.
lf-0071
leaves, first flush'),
	(1, 1, 44, '01a22b9e-3289-7fe8-9157-ccd162bdf030', '2023-05-20', 'normal', 'A', 12, 'Part of LF-0071', NULL, NULL, 240000000000000000000000000000000, '[13, 8]', 0, 'part of lf-0071'),
	(1, 1, 45, '01a22b9e-32b7-7cde-8fbd-3a8a31ab1974', '2023-06-02', 'normal', 'A', 13, 'Rest of LF-0071', NULL, NULL, 240000000000000000000000000000000, '[13, 8]', 0, 'rest of lf-0071'),
	(1, 1, 46, '01a22b9e-32d8-7ef3-8f87-83fc79156faf', '2024-03-11', 'normal', 'A', 14, NULL, 'Leaf & Flower', 'LF-0102', 615500000000000000000000000000000, '[22, 13]', 0, 'leaf & flower
lf-0102'),
	(1, 1, 48, '01a22b9e-332b-750d-9a33-33df91b95b77', '2024-03-12', 'normal', 'A', 16, 'Entered twice', NULL, NULL, 90000000000000000000000000000000, '[24, 13]', 0, 'entered twice
see lf-0102'),
	(1, 1, 49, '01a22b9e-33a4-70b8-a700-fa1db6d19937', '2024-01-15', 'normal', 'A', 17, 'Rent, January', NULL, NULL, 300000000000000000000000000000000, '[23, 8]', 0, 'rent, january'),
	(1, 1, 50, '01a22b9e-33bf-7bfd-b17a-04abe2382f87', '2024-02-01', 'normal', 'A', 18, 'Was paid by the neighbour', NULL, NULL, 300000000000000000000000000000000, '[23, 8]', 0, 'was paid by the neighbour'),
	(1, 1, 51, '01a22b9e-3492-7fd4-9eed-2a40c3b22ba6', '2023-05-01', 'normal', 'A', 19, 'Rent', NULL, NULL, 300000000000000000000000000000000, '[23, 8]', 0, 'rent'),
	(1, 1, 52, '01a22b9e-34e3-72e0-89e4-59b3af31ab77', '2023-09-01', 'normal', 'A', 20, 'Rent', NULL, NULL, 300000000000000000000000000000000, '[23, 8]', 0, 'rent'),
	(1, 1, 53, '01a22b9e-351f-713e-bc80-09942597290d', '2024-04-01', 'normal', 'A', 3, 'Rent', NULL, NULL, 300000000000000000000000000000000, '[23, 8]', 0, 'rent'),
	(1, 1, 54, '01a22b9e-355b-70ef-a8e7-6a57957f5a8a', '2023-07-09', 'normal', 'A', 21, 'Dollars bought', NULL, NULL, 110000000000000000000000000000000, '[9, 18, 8]', 0, 'dollars bought'),
	(1, 1, 55, '01a22b9e-3568-72b8-8aa2-8e38d34a7f97', '2023-07-30', 'normal', 'A', 22, 'Matcha, by card', NULL, NULL, 33150000000000000000000000000000, '[22, 8]', 0, 'matcha, by card'),
	(1, 1, 56, '01a22b9e-357a-7359-ab0d-7220af37eb7f', '2023-09-01', 'normal', 'A', 23, 'Points given out', NULL, NULL, 1250125000000000000000000000000000, '[15, 22]', 0, 'points given out'),
	(1, 1, 57, '01a22b9e-3585-73c8-aff9-dcd29ebee64c', '2023-10-01', 'normal', 'A', 24, 'A very large number', NULL, NULL, 99999999999999999999999000000000000000000000000000, '[15, 22]', 0, 'a very large number'),
	(1, 1, 70, '01a22b9e-4254-7aeb-8fed-617426dc1fe3', '2023-12-31', 'adjustment', 'A', 25, 'Stock counted', NULL, NULL, 75250000000000000000000000000000, '[12, 22]', 0, 'stock counted'),
	(1, 1, 71, '01a22b9e-4277-715f-90b8-4e25141165af', '2024-03-31', 'adjustment', 'A', 26, 'Wear of the samovar', NULL, NULL, 120000000000000000000000000000000, '[25, 26]', 0, 'wear of the samovar'),
	(1, 1, 72, '01a22b9e-4297-7617-801b-e3be29b7d57a', '2023-06-15', 'normal', 'A', 27, 'A samovar', NULL, 'SAM-1', 960000000000000000000000000000000, '[11, 8]', 0, 'a samovar
sam-1'),
	(1, 1, 73, '01a22b9e-42b4-7345-acae-f99807814a9b', '2024-03-31', 'revaluation', 'A', 28, 'Dollars valued again', NULL, NULL, 4400000000000000000000000000000, '[9, 18]', 0, 'dollars valued again'),
	(1, 1, 74, '01a22b9e-42cc-7f74-85f3-7efe4e78f6ed', '2024-03-31', 'closing', 'YE', 1, 'Year 2023/24 closed in part', NULL, NULL, 4000000000000000000000000000000000, '[19, 22, 17]', 0, 'year 2023/24 closed in part'),
	(1, 1, 47, '01a22b9e-32f3-7d5a-a339-ebbd01b608d9', '2024-03-12', 'normal', 'A', 15, NULL, NULL, NULL, 90000000000000000000000000000000, '[24, 13]', 0, ''),
	(1, 1, 83, '01a22b9e-865a-7c2d-971c-b5d21a62e2c9', '2024-06-01', 'normal', 'A', 4, 'Market stall', NULL, NULL, 41500000000000000000000000000000, '[7, 20]', 0, 'market stall
buns'),
	(1, 1, 84, '01a22b9e-865a-778d-95d3-54e160a55ef1', '2024-06-08', 'normal', 'A', 5, 'Market stall', NULL, NULL, 77000000000000000000000000000000, '[7, 82]', 0, 'market stall'),
	(2, 1, 37, '01a22b9e-88c5-77a3-8718-16a11fbbd92f', '2024-01-01', 'opening', 'A', 1, NULL, NULL, NULL, 900000000000000000000000000000000, '[2, 10]', 0, ''),
	(2, 1, 38, '01a22b9e-88f3-7cf4-a376-cc44e13bf4b6', '2024-01-25', 'normal', 'A', 2, 'Pay', 'Museum of Buttons', NULL, 1850000000000000000000000000000000, '[2, 13]', 0, 'pay
museum of buttons'),
	(2, 1, 39, '01a22b9e-891a-7c63-80bd-f07b7a0399a4', '2024-01-03', 'normal', 'A', 3, 'Rent', NULL, NULL, 700000000000000000000000000000000, '[17, 2]', 0, 'rent'),
	(2, 1, 40, '01a22b9e-8931-7894-a41d-3b6a77369920', '2024-01-12', 'normal', 'A', 4, 'Shop', NULL, NULL, 1450000000000000000000000000000, '[15, 6]', 0, 'shop
week'),
	(2, 1, 41, '01a22b9e-8998-7f85-9261-505604e6519f', '2024-02-25', 'normal', 'A', 5, 'Pay', 'Museum of Buttons', NULL, 1850000000000000000000000000000000, '[2, 13]', 0, 'pay
museum of buttons'),
	(2, 1, 42, '01a22b9e-89b7-74ce-9928-746b51949dd3', '2024-02-03', 'normal', 'A', 6, 'Rent', NULL, NULL, 700000000000000000000000000000000, '[17, 2]', 0, 'rent'),
	(2, 1, 43, '01a22b9e-8a02-7bcd-8459-b39f7852da76', '2024-02-12', 'normal', 'A', 7, 'Shop', NULL, NULL, 2450000000000000000000000000000, '[15, 6]', 0, 'shop
week'),
	(2, 1, 44, '01a22b9e-8a3b-704a-84c5-7a443fd3396d', '2024-03-25', 'normal', 'A', 8, 'Pay', 'Museum of Buttons', NULL, 1850000000000000000000000000000000, '[2, 13]', 0, 'pay
museum of buttons'),
	(2, 1, 45, '01a22b9e-8a6d-74c3-a969-5fa872625382', '2024-03-03', 'normal', 'A', 9, 'Rent', NULL, NULL, 700000000000000000000000000000000, '[17, 2]', 0, 'rent'),
	(2, 1, 46, '01a22b9e-8abd-7728-8e80-1746126b8377', '2024-03-12', 'normal', 'A', 10, 'Shop', NULL, NULL, 3450000000000000000000000000000, '[15, 6]', 0, 'shop
week'),
	(2, 1, 47, '01a22b9e-8ad0-75cb-baa3-ba1a55c1e4dc', '2024-03-28', 'normal', 'A', 11, NULL, NULL, NULL, 3450000000000000000000000000000, '[6, 2]', 0, ''),
	(2, 1, 48, '01a22b9e-8b07-79ba-8e6c-02ef21315076', '2024-04-02', 'normal', 'A', 12, 'Out of the wall', NULL, NULL, 60000000000000000000000000000000, '[1, 2]', 0, 'out of the wall');

INSERT INTO public.reversals VALUES
	(1, 47, 48),
	(1, 49, 50);

INSERT INTO public.session VALUES
	('3c386562e0024922f5a49f1b68660b2aea4a3a028a61a173809300fabe971ff6', 'mzt7gge4fd5f3fdr2gu3kffa', 1798620112),
	('960b00fab384315ee102c000f945671d96d05f8eee5d520f5dba6fc10d419e97', 'xuqmb6s4d7t4o6lm423ka7jl', 1798620113),
	('44f6fbbf7a79408cdd995f73d3978cbe009b400c007d0f47372afa5461edadeb', 'uokswezoozvzbel7eyy6puro', 1798620113),
	('a0a515be053fcdaf5dac154e6d28013c69217c04b0087e7e47bd72a3b0e83f82', 'rq5wa42ffedalm6zfgbmwotx', 1798620113);

INSERT INTO public.signed_checkpoints VALUES
	(1, 58, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
58
pJt2UtPWiS57PDqBjCE3OHLeRYjyYzsNi1kfIAFaykw=

— kiosk.example/books wtcii63V6VAE/NbOgAoW46S79MpOqp32H7AsBzDx+46ldC0jYtWCg+ldOaAIaZLAqpvllI7jMbVE42MFaMr0psTTMwQ=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028120613483),
	(1, 62, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
62
Ar4XtC2ThqsqLhECiKhHMD6yASGrhYWJUreCBiuDIps=

— kiosk.example/books wtciizaHd79MYdUo8uahs0bARHpEcg1Tkh8VIo72B3oxnzQtZZ51zXwXiGztzDCytAQcwczSo48ecGvj2WhfLBaBUQs=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028121294932),
	(1, 69, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
69
2LwfeRJg1wtZ5DCBB+7rmSQLH9Khgq4CWrZEhYQqvqA=

— kiosk.example/books wtcii99tjdceMlv+zZi5AoVe7Hf2SCMXc5SqXwuqD5pFU9huq6t/cJn+FsAodmKZXwyrMBDJMrso7LyHkzICJYKJIww=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028121722203),
	(1, 77, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
77
p6JplJQ30ipox8rhA5LCYa4xCpMTzu+fshJwSKtoGDQ=

— kiosk.example/books wtcii93uJaqu7bPWwfgTc3gbqgl8TiWpctMbM4GBmTZeLR4fzcTEk/v9ZAlFKqqh3wf6YW1CklF7XUbBTL9WzHi7igU=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028122218792),
	(1, 78, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
78
Rr8QWG8qnJ8gOVA2H6GBMilusW746qcOI4B18hzqk68=

— kiosk.example/books wtcii8Ax5KQQpAEL62jYTuLaczMhl4QO+dKV9LPlMmUzJwRxOiO+zDLvknF7TZMwUs+HeDNc2IhKjdLg9vFxSNlUogk=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028122703263),
	(1, 80, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
80
jmH8/KS8dMSt9iw7Z49L3/t9sQunN3vWy+magqfkiOE=

— kiosk.example/books wtcii0kyrMDaA2Lb4syLoBtvp9ENVbL/KArML1VXj6gh3xK7ebZau+kkpHVdx1nOoVNNljMjXdtrVewDBs3Rtco4QwM=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028129881992),
	(1, 82, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
82
toTy9axwxTRb5k/Sy23FIyWhK2FApWlxzOy3uOlTSts=

— kiosk.example/books wtcii7g6FsyoYo7pQ+XRESFpGoFIrBB+ZITUq+CZg18pYOXU08t5g6iYQjt+VRVEYZvnh7VZoB1c8FT2tma3fUR6VwI=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028130246785),
	(2, 36, 'kiosk.example/books/01a22b9e-8753-7acb-becb-d11ccfc09c2f
36
8XLCKOF/tVk5QAzew26J0G9CMv/yC6zdhR8QtlBvuFQ=

— kiosk.example/books wtcii8Kq3jTyPnHVgr/igA7CvOEVq4bkEy+rnqdotgSamkpfeU9Oi3ffz/3l1eR27pJYsOwxRH3BLnrPEbrQHoHjXQM=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028139536545),
	(1, 85, 'kiosk.example/books/01a22b9e-23d4-7683-9c82-27e1792b13f6
85
erxnooyTsY+EXPqwSX4ipKN7c4Zck/IYhxaGjCEbCqo=

— kiosk.example/books wtcii9UyGEz/u6wtV4Vx91A7YtsONBlMkFzQ2+8bxQHeZeHHKy1raPtOer7ouldstx85W3KBtnTN3WtJZx4vzCZWVgo=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028139541295),
	(2, 40, 'kiosk.example/books/01a22b9e-8753-7acb-becb-d11ccfc09c2f
40
3lYk/kDbuG6UqMmDtgL6RlREOI4N7MRRo4rLt5BrnPs=

— kiosk.example/books wtcii1FBHn24ZEFgt9WPd5LqSZW2UmE6T8TkTbF6p0h219hQ/F/+fCR0xtFNbdDuwPu/Zov15XyltlDjHRYLIHBmTgo=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028140079153),
	(2, 50, 'kiosk.example/books/01a22b9e-8753-7acb-becb-d11ccfc09c2f
50
QWyngT5CKK6UAcnKUm2LCJy0q2fIJVNIz+zXxGIzCZU=

— kiosk.example/books wtcii0fKyp1JC3YyDpCsPXzviWVzLCMCNN/gnCO4JMsqAIogu/Oj/gj9tC2Thcn5ydNpGhN86q/oBiyz0um0OOwsIAw=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028140581825),
	(2, 51, 'kiosk.example/books/01a22b9e-8753-7acb-becb-d11ccfc09c2f
51
iaAUgKPPYOAA6e5VCZRCt7KAZ/7fXfnQFy51C3J+aWY=

— kiosk.example/books wtcii3OSB+XEHeec07dUH5z9lxjTduZ99RgBlp8h9TUVbDyWzS+EmGK3sg2cFFESXfti/1NZrvM5XVM6kD/cCzRThwA=
', 'kiosk.example/books+c2d7228b+ARxXA7X8rssdFFzX+/fNDBXCriVTasofmezf4l3/hb/v', 1796028140682065);

INSERT INTO public.signing VALUES
	(1, NULL),
	(2, NULL);

INSERT INTO public.tiles VALUES
	(1, 1, 0, 0, '\x46eac3af5df8f4b5bfb9553004a375ba90596aab80c3ce404903fc7cb595a5c231638b2166d0cd60671530a93ce00e109444a738784a79b25e8b7b2224237c5688b18e426046a752a349b3da5954e7295d94be7aeba4cd87bcd0c5c827b1ed9d96340f76f2c0bc0cafb6125b182b67f3956329e4d779e6c90a74c789d7e35ecd7984863375cd0ce7c194b645984bbd9c53ec43a4d7f49a59a6e715489123c6d865971c1b642fe52166cb7af01502ecb88e4ad466117e7b4895e1b06011f723d7b9503430668953cb83a647c3e42e36a1a779a13f04f19cd70d2d6da7949ee7da75e73b5a02393426f1fee162f1f76e7ccabaf9f32bfacbec149cc22d62f6806d426bbb865bdebe18f8124d0600132a8cc46f511869f4f76a679bb759f062cf78977489b776214cef361dc9a6658a0cbbc928feeef0cdceff3b20836c172fca8aeb5654ffb4c074206699f11c2e58532472cdc8e2fa23fc66412f64dfa69a90ab806b6fccebdb8b054a977827036b543cbd9f7cfc988c0fdb97690eda78307dfed2e25e131a679bd4724af2d31a302f3affcf72e0845a8c8e794430459e72c2411b200e7cf2a88cb48a1a8c32c461a74e825819401579913cce23fa06d389936958bd0909942536607e60364711c74f0c6c2d2d7c48c4c74fa507b91470dbba093e7158f4bd2667abe8ce71cc492897e9ca7e5f047dc3a0f80a107a083d3572893603bd9424f09330b4bbefd53c18e97e754ae7b4d6b382c072a64e0ce88792bcf5f31e2e08ad93d96bb9a529f9e81ebe5255c1a47e7bd4819c0b20b6da5dbc7bbbcd6658decde21de6a073c0c754d5cdf6950f69cb779b64705e595b880155663136a914e775a2f4e29d12c14ebeb74a0b1f77e2bb7ac13cd221692d329f703901efa176e47801434a29e9b1aed878d73dc999b5f8cf0c071f566814f7257d067cd32900c6435050bdf54f2609928da8511571025de77a22fd0590e074fbbbac2b7766539ff1a7dbaf424c5fd56ff3f9bba7bd0fbf23a36d6272d4f7da80771a502f19693ae202ba163d99311977f1c56e68a7b95b95361a3048b59f4fc8ecd3a19161f9b44a496fd04d0beb3b13e83b4807932013a6b92a7f8bd8f0bff0b1b290a71ac737fdb950b2274b2306382ce3c6716ceacc5f6cd484e8063fc757e2e7882cf27088c25cdbdda7972b52d7afecc71cbe1b17ce922ddf4dfdef770f74166463655ff9e1a90138e4c39819a8a2716740913f246048793355540acae7b160546f62dc19c19541f35d30e831a05654ba3f9da15a53045488ade13e60021b2aac761be51fbc01d618e6e25e8e151bdd96140e8b81d6444f60cb11373bc5513fd0f681c7df755975931310e838e3692c35cd07fa488ca5545d95fcde149df44f0de4c67f5f6a18ad545a6d0fe230907621a146143f8a7fad1c68ed38d03d6b493faaa7b683df49bee5d273603b2b943d4322ccec4f5abfb7b88d3e8d170ade2030f484330485c4070877b3b11749d05d679e8c7be736348daca93ba9943feda164c2eea34d9007c27ca0e0dff21fb529186537a3691f230904e8e791ba1e8a652e6476e17af05ab150b2c112a791baa5906adbf6712cd54cbf6ac928fbf37a3ac73188b7260f7a9346c6803ddd4e84f178d8b080e392e1bc8a7eb90d20fe3300dd84e2581bee3f42e21faa2816c6d0784b62b21e595355c3afee2657df50ab2146f9cdec0ca976df889a9aca53632e34b4e9db75e47378f0600822c13d4191221b66959ba0db7c98bc15d28f5ae77696ff68d928598b187d0bd405f08ef31eedd5d229b33e1f804ed4d365fcfe99d35b2a0f8a88e76a377aaa33fb00c329bab6f1fc4ca4eaba303b949031f5dd37386d63ea1ecec867d1f03ce6c097276c7be62fc06b701cc4f60ca4d80d041e5e24e969b5597dbba544dbc31ecb647592c08ffe3fb6dc205d5f408bf9290ed85665947c2c7e31298888f40522c923b308eb791a0a46dfaabdc6ed78a13291b11c6cee6e6d9ded3a2911bc6fd0f58b24a540dc8c86957e0c2fa1afc4b020fe71f3668454e6ff523cbe5e5dc238bf1bf12cb5fb8f1032319988967a12de3da6cb87798c13f87889ae6b0043df74efd4187aacf79f00d35e566a3ba2a929c5faf15d6e459218551f0dfc6b70fe46f50aceca231ff828dad333a648fa562433d090e77b007092b19c4e72c7b7de8ef9bb3fa04894ee93d8de1fe19b87856193983e302dcf976ecacf9e706ec0b73e242c0650352b2a937f6443b437e82dd8e934b779d7ca45f431a4da05bee2edeb3b8e0710feac51766582edb89ef2f2eed89b7eae2c3fa6c4667961522adabb24518ad40b6f5cbf8dec9cab3883f682f9717326f09d8bada8ea71827e54916e16dd406f320507e238e889f372d13b9176072b29546fd7cab49332dfc9b8c00382d7a91013620c0857666c583dc054472ebd158c640d00631f802def5761499e4048fa7715c71d5a4ce1c55efe6688ea1dd89fc2c1047d979ba2803212372b150ca8be4d5b5bc0be982bafe83f2da0163afddf1f8b3849a4e7258528dbf9814ea2119b8d8fcccfece356c3158810418f98188406dd9136e3c0f3449f0073fa335b4c5b68ce9ab137d2d49840899a24eed5e7b28e0aaa13acfafcb3cf331688f33f5c6e4d766681e6ba069e6193ff44c196e369f34df6175ae64bf1d6a704b2df971a97ca39c95cfd93caea0f2c8f000da047763a9d39e24fea13d1a6cf6c916c4e7a33b94ec70bfc0e52fcd58dbafabe1279e30d883297b80fb00f9b8f9db2f4793e9c0585bbd6177a4b2a66bc9aabba354cee7a63e4d5626c8b5f0715d343e973f9232b9a89888e8b4b59d8a9db4919a0be46e5a6375eb8a0f9180b55ef4bbd87f3da51c04ba5119349c1a90841a62de4d9928ca43f0f3480b43c8a6518ad41916799db933cb035361676410caba3d484516d800a48a7392e2a57c39c5c99cb0f43bdec8ef1ac69442c0fe82ded4a02d1ba14725cecc029cb534579c65a42b979b5dbd8199416a7399edde445470540d4235e6ce7f315818ad038a7b17a8b94de80d936d2f62b65c11de3268f9b71c086327c94250da487db03306958bd98d45ba912d6835b2f4b68bcb724ed0e30d64de02cac31a9bc40262f655ee78b52a1048266a4f0497596b667eb3a574dd0b2a590e420754f8d0fbd68c1fd18f7978f8aefbf058d13e2ba1ae179d327df24eb7384c3697c197806f1a72ac2bb88ae0a1383381d5e1d0e71bf083ae31608a8d286e031fb843a2329aae51f1e81d3bc7be8e6a8ae4647e558f93aa3a2a87e374cd8f39d1f98aa9238dc3bf23e358251c678a81b161d61bdd8c77a61411b0bca7065b5e240e1d933cdff8628fb9663e1b6111e532a9db2298da2220303e3cb7045334387a90e2ef07ac8c7c1bbd035aaf876d2bbf30b1e2ec8942caabbdd96568c903485b8b9c426d24b47a721de9dd9d70cc9f73ae8ba3502a4fb554b4fcda58fb7786bd2701a3c207650a9cc80d12d3f3b5b72c6150c22d76567f6744b26c21c9511d87d2bfda23853a47cf72daebeac02f366212a5228c415ef7c93026de16ac6bc12d5920f61449abac98a77e77db2c67846aaad803e90a843871ce132816087fa2e37bac180578195946236a380d6933d31121b20afedb13d3be839f729c85ed36d9645962d639e60934b7c7afcde5ecd4787287946437caf594f968320b437747bf3b39a1cf7934049d88139a0a0d6c131981aff912aea7d094b8f94ef560f96d52092dda39490bfbe91a41abde47d4c09156be0f11906e4ea98b471fb49e27a5d2a99327cc763a991b5081cf7c690fc282b557a86'),
	(2, 1, 0, 0, '\x96a808c8e43bf960cee93d4ed8f0924a913da22edae45ccd7142db5c8a15c1896e6c416b5ef3b8ee0b5d94b311085f10ae7869387a62f91329aef26b19e37ebf55dc0e8f3d16170a6e8f3fef5a390865940dfe064cdc91aed2e10605941a30e637852d720d84bb2d194ed94354da4c817ea40d02ed08fa50f1285e4e9939795f5fb3990621d6122f96832bcb4d8e21a1729d0ef47d1681ab1a86e9b18db39bc9b3a1d1d32d19523a78a90270fa4dbf07ce91c28927b975c7cc6f624c7b754705ae346f32919ced5984409101fd2b8206f6a25ac93141d2c06ff782ed14fcd9687ecfe23ac9fea248d68a0aab07a65249e26af67cc210a6ec739884da8f84eebd1fb47a4fb602d7b5096ce96cc0d9833e04dc50d74081aaa116c5f56e8027b9d559e08afd1a09c01719a1dcd7b73073fbe6a0559256192147031584871f5afd8577e8613fedbfacc78770d2bcdb48d52e24f640f4e765c5af31f0d791f1a5d1a26e097ecead294a5961b10437b833553afab2d16a8c6897cf68dbaa1d2914dd9eadaef950200b4249118d55132c6cda70a814f6d54a0747253d5b19fa017dc82afc00a0235ff37ca6d451ba32353c924b45ee3bf9ab30bfc07d9ad0c2f23c33f737d720d0cd0d7b4cc8047d98da9c0a0e27dbba877e8aef5516d4a8de079cbe4cb12bea930c257bb4c0149d8aa9af680be1c5fcae2fa3c34784e78bb1c442205ef613da91dbdcba9a0ca938a6f6da604cf9f6dd9c200e2ad26ae9a00a33a74b2bce6d86cb19a783441bb957cf4a47acaa66f6f325832ef306ef959dae4d7bc20fa0b92b84746c588ea3812ea54e6f9703d8e1a6eb38c3b0ac49a53a264261a16c81fea888879194ccc13c863dcf3e25c1d2989daa2bf0238958adf25326a9f5a7be57821ef53aa3e9910eef7648bf66306b85e8a5ce7710459d36c4fc6847f1dcc61aa3685a75cc59b877b28576bd025b5444d257534794d4766001adc24b15f52ba78db491ef5473b72f339569bf4d5bcc15ad5139561c6994a5714e4a8256bc63d042b43fd8a833e451207e189daac8e8053a9f2a2e9823c081631c1f13797d915ba56c5320aece45d94acae9a1a1190fc576b187b37d45ffe549f42e12471961115c18bd624739260d98ac086e4bf18460dca490ace88e93d76f445f2cbfe052489cf28891051d80e9973e08b7cca553e1ac50085f3fef2e04ea80fa8601939b3eaf8c70e41d1ad4c111f2982ead1e321bba9be51f5ed7fa87c8e9718f8b348379473beaf6e03c1718f492f672352a7baff808233171eca8e1a29df2e5c3d363af06797f17bad7f9471b808a7e8c39723f4d65f20cebc446b9986025de0ef9a4173d5d02970bb9a807509ad8a6953cad2847a1dc7832bdbedb1a7e49db91dd03dfbdded0a75c812b124d05f8cc2846bfff5bee0242132b80239a9e33d0f253c49ff7a1c1abaaa7e0e6091960080cd811ec534692002399c53449f5a27b9149580c1220ff20440f6e76f3691889ee21beb47467ca39f22ba8de359435ed62b063f7c07b3113fddb12fa10012c341ff90212df3834c3f8c9d468b14daef28da7047408af526a8e3245cb41407164daa04f8525da2591edf73ba54c4d8be1dd5217e9725bf171e159d3643a934e48cb02651b2ed04d71eb5f8322d447fae43d49dc56ceadc257b4901227df601c60e5064ed829688ec9d22cfd2b427c56c769d14e4b2f68c162daafc0f20886c1976a84aeaf30d33a7091250d802989cd6fc7f43f053aeafa7d6ea11024def737513ee857d7ef89b215d4467315a95234fb1c68fbc0bf08bc1037477fafe86c6c2e4d439a1a511ca2e762b080aa01ee263af4b700d1ff59becb402581e8d491623957839e978af8100f57a0e7ce4f9e7aecbbe2392c9c286febfeaf3dab79afa52060cc1ef6a46908723f2f5c99671a13543f81c8686c6e02483e397c52008569d89fa909bd3067d9b7cabf4e0539d04b7de5acb47da521b50cc7038cf9a881c7053ce1454dcba8c01efc9f5c3a3bc8a702a39dd638bf6ab32911246bc1d5a70f5166df871b242263f220d03d0b4b30b7749da36a0f79b125e8cc63b34d6ef5900873d7aec04bf3d95cd3f7ca06e08af7dcbfeae31ed9a3ac75f3687ba9d18a18032ec0009a558fd5f43b8c482594826be2cf9fdb663a25e271801d56642864df7f3f83b774f18e05ea5803a305f344e149ed7f0b1bc7d09b8cb6fda44376e049358bc9d51f568d3f6ff4832c866a820289c774d4d6c931866b4ad189de6061271aa6fe140dbeade3240c055f13564d9b44d50c');

INSERT INTO public.tokens VALUES
	('01a22b9e-29e2-7898-adc9-7cabba730e30', '8d61b4054b267fee8a5f179a19d46f0bf3b45e8586f054cddb817cca0f8e9570', '01a22b9e-23d4-7683-9c82-27e1792b13f6', 'xuqmb6s4d7t4o6lm423ka7jl', 'till', 'bookkeeper', 1796028115426956, NULL, NULL),
	('01a22b9e-2a4f-724a-9121-feccc201ad56', 'bcfccaf2c3256e2d9bec489e384f1fddff957a54f467ad793dfdb9ed789b7dc5', '01a22b9e-23d4-7683-9c82-27e1792b13f6', 'mzt7gge4fd5f3fdr2gu3kffa', 'importer', 'bookkeeper', 1796028115535288, 4102441200000000, NULL),
	('01a22b9e-2b94-797e-9de9-53a571672886', '8074f9a198538d242410396c04029f38d6fb97696ebc9fb37b3c02e3689e5872', '01a22b9e-23d4-7683-9c82-27e1792b13f6', 'mzt7gge4fd5f3fdr2gu3kffa', 'lost', 'viewer', 1796028115860168, NULL, 1796028115973953);

INSERT INTO public."user" VALUES
	('mzt7gge4fd5f3fdr2gu3kffa', NULL, 'mara', '$argon2id$v=19$m=19456,t=2,p=1$TZRaO7w3cmcCB2FD4XPPKA$r52XL++Ag6PrKszIRqjUQPgRqv1PsZp6KLqlu5VUzes'),
	('xuqmb6s4d7t4o6lm423ka7jl', NULL, 'jonas', '$argon2id$v=19$m=19456,t=2,p=1$02M2N234s67GIh5KEG6tQQ$IB+qO3xxg3EitgIcq2NP2Ch+djeHW+WpElyHRC3hsOE'),
	('uokswezoozvzbel7eyy6puro', NULL, 'edda', '$argon2id$v=19$m=19456,t=2,p=1$cx5rV6NaxRNOv8h8WkTy0Q$An7fnjdtKhMnptuHtCdtrSxoD4r9CcO4R1FyYD/b+MU'),
	('rq5wa42ffedalm6zfgbmwotx', NULL, 'kim', '$argon2id$v=19$m=19456,t=2,p=1$EaybOooiW+B0LElAMVp8PA$raaiRLyb8x1YxZD4MuvY46Fc3W/B17VpvgrWQa+JQn8');

SELECT pg_catalog.setval('public.ledgers_serial_seq', 2, true);

ALTER TABLE ONLY public.account_balances
    ADD CONSTRAINT account_balances_primary PRIMARY KEY (ledger, generation, account, currency);

ALTER TABLE ONLY public.account_names
    ADD CONSTRAINT account_names_primary PRIMARY KEY (ledger, name);

ALTER TABLE ONLY public.account_totals
    ADD CONSTRAINT account_totals_primary PRIMARY KEY (ledger, account, currency);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_primary PRIMARY KEY (ledger, account);

ALTER TABLE ONLY public.alembic_version_journal
    ADD CONSTRAINT alembic_version_journal_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.alembic_version_projections
    ADD CONSTRAINT alembic_version_projections_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.chart_accounts
    ADD CONSTRAINT chart_accounts_primary PRIMARY KEY (ledger, generation, account);

ALTER TABLE ONLY public.checkpoints
    ADD CONSTRAINT checkpoints_primary PRIMARY KEY (ledger, projection, generation);

ALTER TABLE ONLY public.cosignatures
    ADD CONSTRAINT cosignatures_primary PRIMARY KEY (ledger, size, line);

ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_primary PRIMARY KEY (ledger, series, year);

ALTER TABLE ONLY public.currencies
    ADD CONSTRAINT currencies_primary PRIMARY KEY (ledger, currency);

ALTER TABLE ONLY public.dashboard_accounts
    ADD CONSTRAINT dashboard_accounts_primary PRIMARY KEY (ledger, generation, account);

ALTER TABLE ONLY public.dashboard_bills
    ADD CONSTRAINT dashboard_bills_primary PRIMARY KEY (ledger, generation, account, currency, party, due, basis);

ALTER TABLE ONLY public.dashboard_days
    ADD CONSTRAINT dashboard_days_primary PRIMARY KEY (ledger, generation, date, account, currency);

ALTER TABLE ONLY public.dashboard_dues
    ADD CONSTRAINT dashboard_dues_primary PRIMARY KEY (ledger, generation, date, account, currency, party, due, basis);

ALTER TABLE ONLY public.dashboard_months
    ADD CONSTRAINT dashboard_months_primary PRIMARY KEY (ledger, generation, month, account, currency);

ALTER TABLE ONLY public.dashboard_parties
    ADD CONSTRAINT dashboard_parties_primary PRIMARY KEY (ledger, generation, account, currency, party);

ALTER TABLE ONLY public.dashboard_sources
    ADD CONSTRAINT dashboard_sources_primary PRIMARY KEY (ledger, generation, id);

ALTER TABLE ONLY public.dashboard_totals
    ADD CONSTRAINT dashboard_totals_primary PRIMARY KEY (ledger, generation, account, currency);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_primary PRIMARY KEY (ledger, "position");

ALTER TABLE ONLY public.history_accounts
    ADD CONSTRAINT history_accounts_primary PRIMARY KEY (ledger, generation, account, currency);

ALTER TABLE ONLY public.history_blocks
    ADD CONSTRAINT history_blocks_primary PRIMARY KEY (ledger, generation, account, currency, level, block, date);

ALTER TABLE ONLY public.history_movements
    ADD CONSTRAINT history_movements_primary PRIMARY KEY (ledger, generation, account, currency, "position");

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_ledger_id_unique UNIQUE (ledger, id);

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_primary PRIMARY KEY (ledger, "position");

ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_primary PRIMARY KEY (ledger, key);

ALTER TABLE ONLY public.ledgers
    ADD CONSTRAINT ledgers_id_unique UNIQUE (id);

ALTER TABLE ONLY public.ledgers
    ADD CONSTRAINT ledgers_primary PRIMARY KEY (serial);

ALTER TABLE ONLY public.ledgers
    ADD CONSTRAINT ledgers_uuid_unique UNIQUE (uuid);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_primary PRIMARY KEY (ledger, user_id);

ALTER TABLE ONLY public.memos
    ADD CONSTRAINT memos_primary PRIMARY KEY (ledger, "position");

ALTER TABLE ONLY public.opening_keys
    ADD CONSTRAINT opening_keys_primary PRIMARY KEY (user_id, key);

ALTER TABLE ONLY public.register_lines
    ADD CONSTRAINT register_lines_primary PRIMARY KEY (ledger, generation, account, date, "position", line);

ALTER TABLE ONLY public.register_metadata
    ADD CONSTRAINT register_metadata_primary PRIMARY KEY (ledger, generation, key, value, date, "position");

ALTER TABLE ONLY public.register_transactions
    ADD CONSTRAINT register_transactions_primary PRIMARY KEY (ledger, generation, "position");

ALTER TABLE ONLY public.reversals
    ADD CONSTRAINT reversals_primary PRIMARY KEY (ledger, "position");

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_primary PRIMARY KEY (id);

ALTER TABLE ONLY public.signed_checkpoints
    ADD CONSTRAINT signed_checkpoints_primary PRIMARY KEY (ledger, size);

ALTER TABLE ONLY public.signing
    ADD CONSTRAINT signing_primary PRIMARY KEY (ledger);

ALTER TABLE ONLY public.tiles
    ADD CONSTRAINT tiles_primary PRIMARY KEY (ledger, generation, level, tile);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_primary PRIMARY KEY (id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_token_sha256_unique UNIQUE (token_sha256);

ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_primary PRIMARY KEY (id);

ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_username_unique UNIQUE (username);

CREATE INDEX account_names_ledger_account_index ON public.account_names USING btree (ledger, account);

CREATE INDEX chart_accounts_ledger_generation_path_index ON public.chart_accounts USING btree (ledger, generation, path);

CREATE INDEX dashboard_accounts_role_index ON public.dashboard_accounts USING btree (ledger, generation, role) WHERE (role IS NOT NULL);

CREATE INDEX dashboard_bills_open_index ON public.dashboard_bills USING btree (ledger, generation, account, currency, party, due, basis) WHERE (open IS NOT NULL);

CREATE INDEX dashboard_parties_open_index ON public.dashboard_parties USING btree (ledger, generation, account, currency, party) WHERE (open IS NOT NULL);

CREATE INDEX journal_ledger_recorded_at_index ON public.journal USING btree (ledger, recorded_at);

CREATE INDEX members_user_id_index ON public.members USING btree (user_id);

CREATE INDEX register_transactions_date_index ON public.register_transactions USING btree (ledger, generation, date, "position");

CREATE INDEX register_transactions_kind_index ON public.register_transactions USING btree (ledger, generation, kind, date, "position") WHERE (kind <> 'normal'::text);

CREATE INDEX register_transactions_reference_index ON public.register_transactions USING btree (ledger, generation, reference, date, "position") WHERE (reference IS NOT NULL);

CREATE INDEX session_user_id_index ON public.session USING btree (user_id);

CREATE INDEX tokens_ledger_user_id_index ON public.tokens USING btree (ledger, user_id);

CREATE TRIGGER cosignatures_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.cosignatures FOR EACH STATEMENT EXECUTE FUNCTION public.llmedger_refuse();

ALTER TABLE public.cosignatures ENABLE ALWAYS TRIGGER cosignatures_append_only;

CREATE TRIGGER journal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.journal FOR EACH STATEMENT EXECUTE FUNCTION public.llmedger_refuse();

ALTER TABLE public.journal ENABLE ALWAYS TRIGGER journal_append_only;

CREATE TRIGGER keys_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.keys FOR EACH STATEMENT EXECUTE FUNCTION public.llmedger_refuse();

ALTER TABLE public.keys ENABLE ALWAYS TRIGGER keys_append_only;

CREATE TRIGGER ledgers_head_grows BEFORE UPDATE ON public.ledgers FOR EACH ROW EXECUTE FUNCTION public.llmedger_head_grows();

ALTER TABLE public.ledgers ENABLE ALWAYS TRIGGER ledgers_head_grows;

CREATE TRIGGER ledgers_stay BEFORE DELETE OR TRUNCATE ON public.ledgers FOR EACH STATEMENT EXECUTE FUNCTION public.llmedger_refuse();

ALTER TABLE public.ledgers ENABLE ALWAYS TRIGGER ledgers_stay;

CREATE TRIGGER memos_append_only BEFORE DELETE OR TRUNCATE ON public.memos FOR EACH STATEMENT EXECUTE FUNCTION public.llmedger_refuse();

ALTER TABLE public.memos ENABLE ALWAYS TRIGGER memos_append_only;

CREATE TRIGGER memos_erase_only BEFORE UPDATE ON public.memos FOR EACH ROW EXECUTE FUNCTION public.llmedger_erase_only();

ALTER TABLE public.memos ENABLE ALWAYS TRIGGER memos_erase_only;

CREATE TRIGGER signed_checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.signed_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION public.llmedger_refuse();

ALTER TABLE public.signed_checkpoints ENABLE ALWAYS TRIGGER signed_checkpoints_append_only;

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_user_id_foreign FOREIGN KEY (user_id) REFERENCES public."user"(id);

REVOKE ALL ON FUNCTION public.llmedger_erase(of_ledger bigint, positions bigint[]) FROM PUBLIC;
