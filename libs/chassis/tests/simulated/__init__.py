"""Writers, relays, a broker and consumers as a simulation: one seed, one schedule, no sockets and no clock.

The consumer is the real one (chassis.consumer, Transaction.finish, parking) on a database that is a dictionary; headers are
the relay's own. Writers and relays are models of what transaction.py and outbox.py do against Postgres and Kafka.
"""
