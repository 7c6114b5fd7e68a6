"""What is prepared before an audit and between audits: answers to customers, the trust page, auditors and their lists.

Each act calls the same function of `twofold.jobs` as the command line, so it is captured as evidence in the same way.
"""
