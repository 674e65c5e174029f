"""What is wrong with an installation, in words: what there is, compared with what the code says must be there.

The doctor only looks: at servers, topics, rights, databases, doors and certificates. It changes nothing.
"""
