"""One read-only view of a log's bytes.

Every function of the core that reads the log takes a :class:`Source` and brackets its work
between ``enter`` and ``leave``. So the bytes cannot go away while a thread without the GIL reads
them: ``close`` refuses as long as anybody is inside.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint64_t
from threading import Lock


cdef class _View:
    """Owns the Py_buffer, so that it is released exactly once, whoever drops it last."""

    cdef Py_buffer buffer
    cdef bint held

    def __cinit__(self, data):
        PyObject_GetBuffer(data, &self.buffer, PyBUF_SIMPLE)
        self.held = True

    def release(self):
        if self.held:
            self.held = False
            PyBuffer_Release(&self.buffer)

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.buffer)


cdef class Source:
    """A contiguous bytes-like object (bytes, mmap, memoryview, numpy array), held open.

    Parameters
    ----------
    data : bytes-like
        C-contiguous; not copied.
    """

    def __cinit__(self, data):
        cdef _View view = _View(data)
        self.view = view
        self.lock = Lock()
        self.users = 0
        self.data = <const uint8_t *> view.buffer.buf
        self.size = <uint64_t> view.buffer.len

    cdef int enter(self) except -1:
        with self.lock:
            if self.view is None:
                raise ValueError("the log is closed: open it again to read from it")
            self.users += 1
        return 0

    cdef int leave(self) except -1:
        with self.lock:
            self.users -= 1
        return 0

    def close(self):
        """Let go of the bytes.

        Raises
        ------
        BufferError
            While another thread reads them.
        """
        with self.lock:
            if self.view is None:
                return
            if self.users:
                raise BufferError("the log is being read by another thread: close it afterwards")
            self.data = NULL
            view, self.view = self.view, None
        view.release()

    @property
    def closed(self):
        return self.view is None
