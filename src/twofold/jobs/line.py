"""The line in order: what each step takes and gives is in design 2, one job file per step here.

1 export, 2 capture   capture.py       files and their provenance -> evidence in the vault
3 normalise           normalise.py     evidence and scope -> canonical tables, rows set aside
4 define, 5 test      control_tests.py tables -> populations, completeness records, runs
6 judge, 7 evaluate   judge.py         runs -> judgements and findings per engagement
8 publish             package.py       everything -> audit package
"""
