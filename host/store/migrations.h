/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrations - the numbered SQL files, compiled in
 *
 * Row n turns schema version n into n + 1. A released file is never changed;
 * a change of the schema is a new file.
 */

#ifndef KMS_HOST_STORE_MIGRATIONS_H
#define KMS_HOST_STORE_MIGRATIONS_H

extern const char *const sqlite_migrations[];
extern const unsigned int sqlite_migration_count;

#endif /* KMS_HOST_STORE_MIGRATIONS_H */
