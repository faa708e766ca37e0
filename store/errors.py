"""What the store can say no to.

StoreError
├── StoreFull        the disk, or the space allowed to the database, is used up
├── StoreUnusable    locked for too long, damaged, read-only, out of reach, or written by a newer redraft
├── NoSuchRun        no run, or more than one, has this id
├── NoSuchJob        no job has this name
├── JobExists        a job has this name already
├── JobBusy          a run of the job is under way
├── NoSuchEval       no evaluation run has this name
├── EvalExists       an evaluation run has this name already
└── NoSuchSource     the library holds no such document
"""


class StoreError(Exception):
    """The message is one line a user can act on."""


class StoreFull(StoreError):
    pass


class StoreUnusable(StoreError):
    pass


class NoSuchRun(StoreError):
    pass


class NoSuchJob(StoreError):
    pass


class JobExists(StoreError):
    pass


class JobBusy(StoreError):
    pass


class NoSuchEval(StoreError):
    pass


class EvalExists(StoreError):
    pass


class NoSuchSource(StoreError):
    pass
