import sqlite3
from contextlib import closing


class Repository:
    def __init__(self, path=":memory:"):
        self.connection = sqlite3.connect(path)
        self.connection.row_factory = sqlite3.Row
        with self.connection:
            self.connection.execute(
                "create table if not exists users (id integer primary key, name text not null unique, age integer check (age >= 0))"
            )

    def add(self, name, age):
        with self.connection:
            return self.connection.execute("insert into users (name, age) values (?, ?)", (name, age)).lastrowid

    def add_all(self, users):
        with self.connection:
            self.connection.executemany("insert into users (name, age) values (?, ?)", users)

    def older_than(self, age):
        with closing(self.connection.execute("select name from users where age > ? order by name", (age,))) as rows:
            return [row["name"] for row in rows]

    def close(self):
        self.connection.close()
