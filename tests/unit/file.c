/* Writing files: what is regular is replaced, what is not is written to and stays. */
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_document.h"
#include "base/text.h"
#include "tests/support/folder.h"

static char *path_of(const char *name)
{
    return memory_printf("%s/%s", folder, name);
}

static void write_word(const char *path, const char *word)
{
    struct error error;
    assert_int_equal(file_can_write(path, &error), 0);
    if (file_write_atomic(path, word, strlen(word), &error) < 0)
        fail_msg("%s", error.text);
}

static void expect_word(const char *path, const char *word)
{
    char *content;
    assert_int_equal(file_read(path, &content, NULL, NULL), 0);
    assert_string_equal(content, word);
    free(content);
}

static struct stat status_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status;
}

static void modes_are_those_of_umask_and_file(void **state)
{
    (void)state;
    char *path = path_of("new");
    mode_t before = umask(027);
    write_word(path, "a");
    umask(before);
    assert_int_equal(status_of(path).st_mode & 0777, 0640);
    assert_int_equal(chmod(path, 0604), 0);
    write_word(path, "b");
    assert_int_equal(status_of(path).st_mode & 0777, 0604);
    expect_word(path, "b");
    free(path);
}

static void links_are_followed(void **state)
{
    (void)state;
    char *link = path_of("link"), *real = path_of("real");
    char *second = path_of("second"); /* a link to a link */
    assert_int_equal(symlink("second", link), 0);
    assert_int_equal(symlink("real", second), 0);
    for (int i = 0; i < 2; i++) { /* to nothing yet, and to a file */
        write_word(link, "through");
        assert_true(S_ISLNK(status_of(link).st_mode));
        assert_true(S_ISREG(status_of(real).st_mode));
        expect_word(real, "through");
    }
    assert_true(S_ISLNK(status_of(second).st_mode));
    free(second);
    free(link);
    free(real);
}

static void pipes_and_devices_stay(void **state)
{
    (void)state;
    char *fifo = path_of("fifo"), *null = path_of("null"), got[8] = "";
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    write_word(fifo, "hello");
    assert_int_equal(read(reader, got, sizeof got), 5);
    assert_string_equal(got, "hello");
    assert_true(S_ISFIFO(status_of(fifo).st_mode));
    /* An open descriptor, as the shell's >(...) hands one over. */
    char *by_number = memory_printf("/dev/fd/%d", reader);
    int writer = open(fifo, O_WRONLY);
    free(by_number);
    by_number = memory_printf("/dev/fd/%d", writer);
    write_word(by_number, "there");
    assert_int_equal(read(reader, got, sizeof got), 5);
    assert_string_equal(got, "there");
    close(reader);
    close(writer);
    if (mknod(null, S_IFCHR | 0600, makedev(1, 3)) == 0) {
        int fd = open(null, O_WRONLY); /* not where devices are forbidden */
        if (fd >= 0)
            write_word(null, "gone");
        assert_true(S_ISCHR(status_of(null).st_mode));
        close(fd);
    }
    free(by_number);
    free(fifo);
    free(null);
}

/* Others write to an open descriptor too: what is behind it is not replaced. */
static void descriptors_are_written_to_from_where_they_stand(void **state)
{
    (void)state;
    char *path = path_of("open"), *link = path_of("stdout");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "before ", 7), 7);
    char *by_number = memory_printf("/proc/self/fd/%d", fd);
    assert_int_equal(symlink(by_number, link), 0); /* as /dev/stdout is one */
    write_word(by_number, "one ");
    write_word(link, "two ");
    assert_int_equal(write(fd, "after", 5), 5);
    expect_word(path, "before one two after");
    close(fd);
    struct error error;
    assert_int_equal(file_can_write(by_number, &error), -EBADF);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(file_can_write(by_number, &error), -EBADF);
    close(fd);
    free(by_number);
    free(path);
    free(link);
}

static void what_cannot_be_written_is_told_before(void **state)
{
    (void)state;
    static const char *const names[] = {"absent/file", "new/file", ".", "absent/"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct error error;
        char *path = path_of(names[i]);
        assert_true(file_can_write(path, &error) < 0);
        assert_non_null(strstr(error.text, path));
        assert_true(file_write_atomic(path, "x", 1, &error) < 0);
        free(path);
    }
    assert_true(file_can_write("", NULL) < 0);
    char *loop = path_of("loop");
    assert_int_equal(symlink("loop", loop), 0);
    assert_int_equal(file_can_write(loop, NULL), -ELOOP);
    free(loop);
}

static void a_nul_byte_has_its_place(void **state)
{
    (void)state;
    struct error error;
    struct json_document document;
    char *path = path_of("nul.json");
    assert_int_equal(file_write_atomic(path, "{\n \"a\0b\": 1}", 11, &error), 0);
    assert_int_equal(json_open_file(&document, path, &error), -EINVAL);
    assert_non_null(strstr(error.text, "nul.json:2:4: "));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_are_those_of_umask_and_file),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(pipes_and_devices_stay),
        cmocka_unit_test(descriptors_are_written_to_from_where_they_stand),
        cmocka_unit_test(what_cannot_be_written_is_told_before),
        cmocka_unit_test(a_nul_byte_has_its_place),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
