/*
 * A disk that tells on itself: preloaded into a worker, it logs every change of the files under one folder, so that
 * a test can rebuild what a power cut would have left, and it fails calls on demand. Nothing is really synced.
 *
 * Environment: QUEUE_DISK_ROOT, the folder watched; QUEUE_DISK_LOG, where to log; QUEUE_DISK_SEEN, a file of the world
 * outside: what is written there is logged in its place among the changes, and three kinds of lines are orders:
 *   #fail CALL NTH ERRNO TIMES   CALL is write, sync, open, truncate or read; TIMES -1 is for ever; NTH 0 calls it off
 *   #unreadable NAME PLACE SIZE  reading this part of a file that is there fails until something is written over it
 *   #room BYTES                  how much the files may still grow before the disk is full; -1 is endless
 *
 * Raw system calls only: nothing here may depend on a symbol that it replaces itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATED = 1, KNOWN, UNLINKED, RENAMED, WRITTEN, TRUNCATED, SYNCED, FOLDER_SYNCED, SYNC_FAILED, SEEN, UNWATCHED };
enum { WRITES, SYNCS, OPENS, TRUNCATES, READS, CALLS };

#define FILES 4096
#define HOLES 64
#define FOLDER (-1)
#define OUTSIDE (-2)

struct head {
    uint32_t kind;
    uint32_t file;
    uint64_t offset;
    uint64_t length;
};

struct failure {
    long nth;
    int error;
    long times;
};

/* A part of a file that the disk cannot read; it goes with the file, whatever its name becomes. */
struct hole {
    ino_t inode;
    off_t start;
    off_t end;
};

static const char *root, *seen;
static size_t root_length;
static int log_fd = -1;
static int numbers[FILES]; /* by descriptor: 0 is not watched, FOLDER, OUTSIDE, or the number of a file */
static char appends[FILES];
static ino_t inodes[FILES]; /* by number of a file */
static int files;
static struct failure failures[CALLS];
static struct hole holes[HOLES];
static int hole_count;
static int64_t room = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void)
{
    const char *log = getenv("QUEUE_DISK_LOG");
    root = getenv("QUEUE_DISK_ROOT");
    seen = getenv("QUEUE_DISK_SEEN");
    if (!root || !log || !seen)
        return;
    root_length = strlen(root);
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void tell(uint32_t kind, int file, uint64_t offset, const void *data, size_t length)
{
    struct head head = {kind, (uint32_t)file, offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, length}};
    if (syscall(SYS_writev, log_fd, parts, 2) != (long)(sizeof head + length))
        abort(); /* an incomplete log would prove nothing */
}

/* The part of a path below the root, "" for the root itself, NULL for other places. */
static const char *watched(const char *path)
{
    if (log_fd < 0 || strncmp(path, root, root_length) != 0)
        return NULL;
    if (path[root_length] == '\0')
        return "";
    return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static int fails(int call)
{
    struct failure *failure = &failures[call];
    if (failure->nth == 0)
        return 0;
    if (failure->nth > 1) {
        failure->nth--;
        return 0;
    }
    if (failure->times == 0)
        return 0;
    if (failure->times > 0)
        failure->times--;
    errno = failure->error;
    return 1;
}

static void make_unreadable(const char *name, off_t start, off_t size)
{
    char path[PATH_MAX];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (stat(path, &about) != 0 || hole_count == HOLES)
        abort();
    holes[hole_count++] = (struct hole){about.st_ino, start, start + size};
}

static struct hole *hole_in(int number, off_t start, off_t end)
{
    for (int i = 0; i < hole_count; i++)
        if (holes[i].inode == inodes[number] && holes[i].start < end && start < holes[i].end)
            return &holes[i];
    return NULL;
}

/* A disk puts a good sector in the place of a bad one when that is written. */
static void mend(int number, off_t start, off_t end)
{
    struct hole *hole;
    while ((hole = hole_in(number, start, end)))
        *hole = (struct hole){0, 0, 0};
}

static void obey(const char *line, size_t length)
{
    static const char *names[CALLS] = {"write", "sync", "open", "truncate", "read"};
    char text[128] = {0}, call[16], name[64];
    long nth, times;
    long long bytes, place;
    int error;
    memcpy(text, line, length < sizeof text ? length : sizeof text - 1);
    if (sscanf(text, "#room %lld", &bytes) == 1) {
        room = bytes;
        return;
    }
    if (sscanf(text, "#unreadable %63s %lld %lld", name, &place, &bytes) == 3) {
        make_unreadable(name, place, bytes);
        return;
    }
    if (sscanf(text, "#fail %15s %ld %d %ld", call, &nth, &error, &times) != 4)
        abort();
    for (int i = 0; i < CALLS; i++)
        if (strcmp(call, names[i]) == 0)
            failures[i] = (struct failure){nth, error, times};
}

/* Takes what a file is about to grow by from the room on the disk; gives back what it shrinks by. */
static int is_full(int fd, off_t end)
{
    struct stat about;
    if (room < 0 || fstat(fd, &about) != 0)
        return 0;
    if (end - about.st_size > room) {
        errno = ENOSPC;
        return 1;
    }
    room -= end - about.st_size;
    return 0;
}

static int is_full_beyond(int fd, off_t end)
{
    struct stat about;
    return room >= 0 && fstat(fd, &about) == 0 && end > about.st_size && is_full(fd, end);
}

static int number_of(int fd)
{
    return fd >= 0 && fd < FILES ? numbers[fd] : 0;
}

static void note_open(int fd, const char *name, int existed, int flags)
{
    struct stat about;
    int number = 0;
    if (fd >= FILES || fstat(fd, &about) != 0)
        abort();
    appends[fd] = (flags & O_APPEND) != 0;
    if (S_ISDIR(about.st_mode)) {
        numbers[fd] = FOLDER;
        return;
    }
    for (int i = 1; existed && i <= files && !number; i++)
        if (inodes[i] == about.st_ino)
            number = i;
    if (!number) {
        number = ++files;
        if (number >= FILES)
            abort();
        for (int i = 1; i < number; i++)
            if (inodes[i] == about.st_ino)
                inodes[i] = 0; /* the number of a deleted inode serves a new file */
        inodes[number] = about.st_ino;
        tell(existed ? KNOWN : CREATED, number, 0, name, strlen(name));
    }
    numbers[fd] = number;
    if (existed && (flags & O_TRUNC))
        tell(TRUNCATED, number, 0, NULL, 0);
}

static int do_open(const char *path, int flags, mode_t mode)
{
    const char *name = watched(path);
    struct stat about;
    int fd, existed;
    if (log_fd >= 0 && strcmp(path, seen) == 0) {
        fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
        if (fd >= 0 && fd < FILES)
            numbers[fd] = OUTSIDE;
        return fd;
    }
    if (!name)
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    pthread_mutex_lock(&lock);
    if (fails(OPENS)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    existed = stat(path, &about) == 0;
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0) {
        int kept = errno;
        note_open(fd, name, existed, flags);
        errno = kept;
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define WITH_MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) { WITH_MODE(flags) return do_open(path, flags, mode); }
int open64(const char *path, int flags, ...) { WITH_MODE(flags) return do_open(path, flags, mode); }
int openat(int at, const char *path, int flags, ...)
{
    WITH_MODE(flags)
    return at == AT_FDCWD || path[0] == '/' ? do_open(path, flags, mode)
                                            : (int)syscall(SYS_openat, at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...)
{
    WITH_MODE(flags)
    return at == AT_FDCWD || path[0] == '/' ? do_open(path, flags, mode)
                                            : (int)syscall(SYS_openat, at, path, flags, mode);
}

int close(int fd)
{
    if (fd >= 0 && fd < FILES)
        numbers[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

static ssize_t do_write(int fd, const void *data, size_t length, off_t offset, int positioned)
{
    int number = number_of(fd);
    ssize_t done;
    if (number == OUTSIDE) {
        pthread_mutex_lock(&lock);
        if (length && ((const char *)data)[0] == '#')
            obey(data, length);
        else
            tell(SEEN, 0, 0, data, length);
        pthread_mutex_unlock(&lock);
        return (ssize_t)syscall(SYS_write, fd, data, length);
    }
    if (number <= 0)
        return positioned ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
    pthread_mutex_lock(&lock);
    if (!positioned)
        offset = lseek(fd, 0, appends[fd] ? SEEK_END : SEEK_CUR);
    if (fails(WRITES) || is_full_beyond(fd, offset + (off_t)length)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    done = positioned ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
    if (done > 0) {
        tell(WRITTEN, number, (uint64_t)offset, data, (size_t)done);
        mend(number, offset, offset + done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return do_write(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return do_write(fd, data, length, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return do_write(fd, data, length, offset, 1); }

static ssize_t do_read(int fd, void *data, size_t length, off_t offset, int positioned)
{
    int number = number_of(fd), failed;
    if (number > 0) {
        pthread_mutex_lock(&lock);
        off_t place = positioned ? offset : lseek(fd, 0, SEEK_CUR);
        failed = fails(READS);
        if (!failed && hole_in(number, place, place + (off_t)length)) {
            failed = 1;
            errno = EIO;
        }
        pthread_mutex_unlock(&lock);
        if (failed)
            return -1;
    }
    return positioned ? syscall(SYS_pread64, fd, data, length, offset) : syscall(SYS_read, fd, data, length);
}

ssize_t read(int fd, void *data, size_t length) { return do_read(fd, data, length, 0, 0); }
ssize_t pread(int fd, void *data, size_t length, off_t offset) { return do_read(fd, data, length, offset, 1); }
ssize_t pread64(int fd, void *data, size_t length, off_t offset) { return do_read(fd, data, length, offset, 1); }

static int do_sync(int fd)
{
    int number = number_of(fd), failed;
    if (number == 0 || number == OUTSIDE)
        return 0;
    pthread_mutex_lock(&lock);
    failed = fails(SYNCS);
    if (failed) {
        int kept = errno;
        if (number > 0)
            tell(SYNC_FAILED, number, 0, NULL, 0);
        errno = kept;
    } else {
        tell(number == FOLDER ? FOLDER_SYNCED : SYNCED, number > 0 ? number : 0, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return failed ? -1 : 0;
}

int fsync(int fd) { return do_sync(fd); }
int fdatasync(int fd) { return do_sync(fd); }

/* Promises nothing: it waits for neither the size of the file nor the cache of the device. */
int sync_file_range(int fd, off64_t offset, off64_t length, unsigned int flags)
{
    (void)fd, (void)offset, (void)length, (void)flags;
    return 0;
}

static int do_truncate(int fd, off_t length)
{
    int number = number_of(fd), result;
    if (number <= 0)
        return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    result = fails(TRUNCATES) || is_full(fd, length) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
    if (result == 0)
        tell(TRUNCATED, number, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return do_truncate(fd, length); }
int ftruncate64(int fd, off_t length) { return do_truncate(fd, length); }

/* Room is given by growing, which is all that the test rebuilds; 0 or an error number, as POSIX wants. */
static int do_allocate(int fd, off_t offset, off_t length)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return errno;
    if (number_of(fd) > 0) {
        pthread_mutex_lock(&lock);
        int full = fails(WRITES);
        pthread_mutex_unlock(&lock);
        if (full)
            return errno;
    }
    return offset + length <= about.st_size || do_truncate(fd, offset + length) == 0 ? 0 : errno;
}

int posix_fallocate(int fd, off_t offset, off_t length) { return do_allocate(fd, offset, length); }
int posix_fallocate64(int fd, off64_t offset, off64_t length) { return do_allocate(fd, offset, length); }

int unlink(const char *path)
{
    const char *name = watched(path);
    struct stat about;
    int result, known;
    pthread_mutex_lock(&lock);
    known = stat(path, &about) == 0;
    result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (name && result == 0 && known && room >= 0)
        room += about.st_size;
    if (name && result == 0)
        tell(UNLINKED, 0, 0, name, strlen(name));
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to)
{
    const char *old = watched(from), *new = watched(to);
    char both[2 * PATH_MAX];
    int result;
    pthread_mutex_lock(&lock);
    result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0 && old && new) {
        int length = snprintf(both, sizeof both, "%s\n%s", old, new);
        tell(RENAMED, 0, 0, both, (size_t)length);
    } else if (result == 0 && (old || new)) {
        tell(UNWATCHED, 0, 0, "rename", 6);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

/* Ways to change a file that the log cannot follow: refused where callers fall back, told where they do not. */
ssize_t sendfile(int to, int from, off_t *offset, size_t length)
{
    if (number_of(to) <= 0)
        return syscall(SYS_sendfile, to, from, offset, length);
    errno = EINVAL;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) { return sendfile(to, from, offset, length); }

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (number_of(fd) > 0)
        tell(UNWATCHED, 0, 0, "writev", 6);
    return syscall(SYS_writev, fd, parts, count);
}

static void *do_map(void *at, size_t length, int access, int flags, int fd, off_t offset)
{
    char link[64], path[PATH_MAX] = {0};
    if ((flags & MAP_SHARED) && (access & PROT_WRITE) && number_of(fd) > 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t known = readlink(link, path, sizeof path - 1);
        /* SQLite's index of the log is rebuilt from the log whenever the first process opens it. */
        if (known < 4 || strcmp(path + known - 4, "-shm") != 0)
            tell(UNWATCHED, 0, 0, "mmap", 4);
    }
    return (void *)syscall(SYS_mmap, at, length, access, flags, fd, offset);
}

void *mmap(void *at, size_t length, int access, int flags, int fd, off_t offset)
{
    return do_map(at, length, access, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int access, int flags, int fd, off64_t offset)
{
    return do_map(at, length, access, flags, fd, offset);
}
