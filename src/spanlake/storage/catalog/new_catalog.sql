-- SQLite. Whoever adds a migration adds here what it leaves.
CREATE TABLE access_state (
    state_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    cookie_secret TEXT NOT NULL,
    in_use_since DATETIME,
    CONSTRAINT pk_access_state PRIMARY KEY (state_id),
    CONSTRAINT ck_access_state_one CHECK (state_id = 1)
);
INSERT INTO "access_state" VALUES(1,1,:cookie_secret,NULL);
CREATE TABLE api_key_usage (
    key_id TEXT NOT NULL,
    day TEXT NOT NULL,
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    CONSTRAINT pk_api_key_usage PRIMARY KEY (key_id, day),
    CONSTRAINT fk_api_key_usage_key_id FOREIGN KEY(key_id) REFERENCES api_keys (key_id) ON DELETE CASCADE
);
CREATE TABLE api_keys (
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    scopes TEXT NOT NULL,
    experiment TEXT,
    requests_per_minute INTEGER,
    bytes_per_day INTEGER,
    created_at DATETIME NOT NULL,
    created_by TEXT,
    expires_at DATETIME,
    revoked_at DATETIME,
    last_used_at DATETIME,
    CONSTRAINT pk_api_keys PRIMARY KEY (key_id)
);
CREATE TABLE audit (
    event_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    occurred_at DATETIME NOT NULL,
    actor_type TEXT NOT NULL,
    actor TEXT,
    actor_id TEXT,
    action TEXT NOT NULL,
    target TEXT,
    outcome TEXT NOT NULL,
    reason TEXT,
    source TEXT,
    details TEXT NOT NULL
);
CREATE TABLE dataset_records (
    dataset_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    from_version INTEGER NOT NULL,
    to_version INTEGER,
    position INTEGER NOT NULL,
    inputs TEXT NOT NULL,
    outputs TEXT,
    expectations TEXT NOT NULL,
    tags TEXT NOT NULL,
    split TEXT,
    source_type TEXT NOT NULL,
    source_trace_id TEXT,
    source_span_id TEXT,
    source_session_id TEXT,
    digest TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_dataset_records PRIMARY KEY (dataset_id, record_id, from_version),
    CONSTRAINT fk_dataset_records_dataset_id FOREIGN KEY(dataset_id) REFERENCES datasets (dataset_id) ON DELETE CASCADE
);
CREATE TABLE dataset_tags (
    dataset_id TEXT NOT NULL,
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_dataset_tags PRIMARY KEY (dataset_id, "key"),
    CONSTRAINT fk_dataset_tags_dataset_id FOREIGN KEY(dataset_id) REFERENCES datasets (dataset_id) ON DELETE CASCADE
);
CREATE TABLE dataset_versions (
    dataset_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    record_count INTEGER NOT NULL,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    note TEXT,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_dataset_versions PRIMARY KEY (dataset_id, version),
    CONSTRAINT fk_dataset_versions_dataset_id FOREIGN KEY(dataset_id) REFERENCES datasets (dataset_id) ON DELETE CASCADE
);
CREATE TABLE datasets (
    dataset_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    experiment TEXT,
    granularity TEXT,
    inputs_schema TEXT,
    expectations_schema TEXT,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_datasets PRIMARY KEY (dataset_id),
    CONSTRAINT uq_datasets_name UNIQUE (name)
);
CREATE TABLE experiment_tags (
    experiment_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    CONSTRAINT pk_experiment_tags PRIMARY KEY (experiment_id, tag),
    CONSTRAINT fk_experiment_tags_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);
CREATE TABLE experiments (
    experiment_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    created_at DATETIME NOT NULL,
    archived_at DATETIME,
    CONSTRAINT pk_experiments PRIMARY KEY (experiment_id),
    CONSTRAINT uq_experiments_name UNIQUE (name)
);
INSERT INTO "experiments" VALUES(:experiment_id,'default',NULL,:now,NULL);
CREATE TABLE label_schemas (
    schema_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    title TEXT,
    instruction TEXT,
    enable_comment BOOLEAN NOT NULL,
    input TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    archived_at DATETIME,
    CONSTRAINT pk_label_schemas PRIMARY KEY (schema_id),
    CONSTRAINT uq_label_schemas_name UNIQUE (name, version)
);
INSERT INTO "label_schemas" VALUES('s-expected_facts','expected_facts',1,'expectation','Expected facts','What a correct answer has to say, a fact a line.',0,'{"kind":"text_list","max_count":50,"max_length_each":2000}',:now,NULL);
INSERT INTO "label_schemas" VALUES('s-expected_response','expected_response',1,'expectation','Expected response','The answer that should have been given.',0,'{"kind":"text","max_length":10000}',:now,NULL);
INSERT INTO "label_schemas" VALUES('s-guidelines','guidelines',1,'expectation','Guidelines','Rules that an answer to this has to keep, a rule a line.',0,'{"kind":"text_list","max_count":50,"max_length_each":2000}',:now,NULL);
CREATE TABLE prices (
    version INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    provider TEXT,
    model TEXT NOT NULL,
    input_mtok DOUBLE,
    output_mtok DOUBLE,
    cache_read_mtok DOUBLE,
    cache_write_mtok DOUBLE,
    request_usd DOUBLE,
    is_withdrawal BOOLEAN NOT NULL,
    valid_from DATETIME NOT NULL,
    valid_to DATETIME,
    note TEXT,
    created_at DATETIME NOT NULL,
    CONSTRAINT ck_prices_valid CHECK (valid_to IS NULL OR valid_from < valid_to)
);
CREATE TABLE review_answers (
    item_id TEXT NOT NULL,
    schema_id TEXT NOT NULL,
    role TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    value TEXT,
    comment TEXT,
    updated_at DATETIME NOT NULL,
    assessment_id TEXT,
    is_published BOOLEAN NOT NULL,
    CONSTRAINT pk_review_answers PRIMARY KEY (item_id, schema_id, role, reviewer),
    CONSTRAINT fk_review_answers_item_id FOREIGN KEY(item_id) REFERENCES review_items (item_id) ON DELETE CASCADE,
    CONSTRAINT fk_review_answers_schema_id FOREIGN KEY(schema_id) REFERENCES label_schemas (schema_id)
);
CREATE TABLE review_copies (
    item_id TEXT NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_review_copies PRIMARY KEY (item_id),
    CONSTRAINT fk_review_copies_item_id FOREIGN KEY(item_id) REFERENCES review_items (item_id) ON DELETE CASCADE
);
CREATE TABLE "review_items" (
    item_id TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    added_at DATETIME NOT NULL,
    session_id TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_review_items PRIMARY KEY (item_id),
    CONSTRAINT fk_review_items_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE,
    CONSTRAINT uq_review_items_queue_id UNIQUE (queue_id, trace_id, span_id, session_id)
);
CREATE TABLE review_queue_schemas (
    queue_id TEXT NOT NULL,
    schema_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_review_queue_schemas PRIMARY KEY (queue_id, schema_id),
    CONSTRAINT fk_review_queue_schemas_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE,
    CONSTRAINT fk_review_queue_schemas_schema_id FOREIGN KEY(schema_id) REFERENCES label_schemas (schema_id)
);
CREATE TABLE review_queue_users (
    queue_id TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_review_queue_users PRIMARY KEY (queue_id, reviewer),
    CONSTRAINT fk_review_queue_users_queue_id FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE
);
CREATE TABLE review_queues (
    queue_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    experiment TEXT,
    content TEXT NOT NULL,
    reviewers_per_item INTEGER NOT NULL,
    rule_filter TEXT,
    rule_since DATETIME,
    rule_sample DOUBLE,
    rule_most_open INTEGER,
    created_by TEXT,
    created_at DATETIME NOT NULL,
    closed_at DATETIME,
    CONSTRAINT pk_review_queues PRIMARY KEY (queue_id),
    CONSTRAINT uq_review_queues_name UNIQUE (name),
    CONSTRAINT ck_review_queues_asked CHECK (reviewers_per_item > 0)
);
CREATE TABLE reviews (
    item_id TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    started_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_reviews PRIMARY KEY (item_id, reviewer),
    CONSTRAINT fk_reviews_item_id FOREIGN KEY(item_id) REFERENCES review_items (item_id) ON DELETE CASCADE
);
CREATE TABLE runs (
    run_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    experiment TEXT,
    dataset_id TEXT,
    dataset_name TEXT,
    dataset_version INTEGER,
    dataset_digest TEXT,
    source_run_id TEXT,
    app_version TEXT,
    params TEXT NOT NULL,
    scorers TEXT NOT NULL,
    metrics TEXT NOT NULL,
    tags TEXT NOT NULL,
    quality_criteria TEXT,
    passed BOOLEAN,
    reason TEXT,
    row_count INTEGER,
    done_count INTEGER,
    error_count INTEGER,
    cost_usd DOUBLE,
    error_message TEXT,
    started_at DATETIME NOT NULL,
    ended_at DATETIME,
    CONSTRAINT pk_runs PRIMARY KEY (run_id)
);
CREATE TABLE saved_queries (
    query_id TEXT NOT NULL,
    name TEXT NOT NULL,
    "query" TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_saved_queries PRIMARY KEY (query_id),
    CONSTRAINT uq_saved_queries_name UNIQUE (name)
);
CREATE TABLE sign_ins (
    digest TEXT NOT NULL,
    user_id TEXT NOT NULL,
    method TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT pk_sign_ins PRIMARY KEY (digest),
    CONSTRAINT fk_sign_ins_user_id FOREIGN KEY(user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE TABLE spanlake_schema (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT spanlake_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "spanlake_schema" VALUES('0008');
CREATE TABLE users (
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    issuer TEXT,
    subject TEXT,
    created_at DATETIME NOT NULL,
    created_by TEXT,
    last_sign_in_at DATETIME,
    CONSTRAINT pk_users PRIMARY KEY (user_id),
    CONSTRAINT uq_users_name UNIQUE (name),
    CONSTRAINT uq_users_issuer UNIQUE (issuer, subject)
);
CREATE TABLE version_alias_moves (
    move INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    experiment_id TEXT NOT NULL,
    alias TEXT NOT NULL,
    version_id TEXT,
    moved_by TEXT,
    note TEXT,
    moved_at DATETIME NOT NULL,
    CONSTRAINT fk_version_alias_moves_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE,
    CONSTRAINT fk_version_alias_moves_version_id FOREIGN KEY(version_id) REFERENCES versions (version_id) ON DELETE CASCADE
);
CREATE TABLE version_metrics (
    entry INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    version_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value DOUBLE NOT NULL,
    run_id TEXT,
    created_at DATETIME NOT NULL,
    CONSTRAINT fk_version_metrics_version_id FOREIGN KEY(version_id) REFERENCES versions (version_id) ON DELETE CASCADE
);
CREATE TABLE version_params (
    version_id TEXT NOT NULL,
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_version_params PRIMARY KEY (version_id, "key"),
    CONSTRAINT fk_version_params_version_id FOREIGN KEY(version_id) REFERENCES versions (version_id) ON DELETE CASCADE
);
CREATE TABLE version_tags (
    version_id TEXT NOT NULL,
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_version_tags PRIMARY KEY (version_id, "key"),
    CONSTRAINT fk_version_tags_version_id FOREIGN KEY(version_id) REFERENCES versions (version_id) ON DELETE CASCADE
);
CREATE TABLE versions (
    version_id TEXT NOT NULL,
    experiment_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    git_commit TEXT,
    git_branch TEXT,
    git_is_dirty BOOLEAN,
    git_repository TEXT,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_versions PRIMARY KEY (version_id),
    CONSTRAINT uq_versions_experiment_id UNIQUE (experiment_id, name),
    CONSTRAINT fk_versions_experiment_id FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);
CREATE INDEX ix_version_metrics_version_id ON version_metrics (version_id);
CREATE INDEX ix_dataset_records_dataset_id ON dataset_records (dataset_id, position);
CREATE INDEX ix_runs_started_at ON runs (started_at);
CREATE INDEX ix_sign_ins_user_id ON sign_ins (user_id);
CREATE INDEX ix_audit_occurred_at ON audit (occurred_at);
CREATE TRIGGER audit_no_UPDATE BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_DELETE BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE INDEX ix_review_items_queue_id ON review_items (queue_id, position);
