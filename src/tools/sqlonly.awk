# sqlonly.awk - SQL text belongs into sql/, where it is prepared, checked and
# granted; none in C:  awk -f csource.awk -f sqlonly.awk FILE...
# ext/db.c may say what a connection itself needs (BEGIN, COMMIT, LISTEN).

{
	split_line($0)
	sql = texts ~ /(^|[^A-Za-z_])(SELECT|INSERT INTO|DELETE FROM|UPDATE [a-z_]+ SET|CREATE (TABLE|INDEX|FUNCTION|ROLE|DATABASE|EXTENSION|TYPE|VIEW|UNIQUE)|ALTER (TABLE|ROLE|DATABASE|SYSTEM)|DROP (TABLE|INDEX|ROLE|DATABASE|FUNCTION)|TRUNCATE|GRANT [A-Z]+|REVOKE [A-Z]+|pg_notify|pg_advisory)/ ||
	    texts ~ /(^|\n)[ ]*(select [a-z_(*].* from|select [a-z_]+\(|insert into [a-z]|delete from [a-z]|update [a-z_]+ set )/
	session = texts ~ /(^|\n)(BEGIN|COMMIT|ROLLBACK|START TRANSACTION|LISTEN|UNLISTEN|NOTIFY|SAVEPOINT|DEALLOCATE|DISCARD ALL|SET [A-Za-z_]+)([ ;\n]|$)/
}
sql || (session && FILENAME != "src/ext/db.c") {
	complain("SQL text; make it a statement of sql/stmt")
}
