"""Request lists of several auditors: taken in as evidence, compared, decided on by people, merged into one."""
