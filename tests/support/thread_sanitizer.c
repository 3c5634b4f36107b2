/*
 * thread_sanitizer.c - what programs built with ThreadSanitizer need beside it; linked
 * into each of them.
 *
 * libuv closes descriptors by the system call itself, which the sanitizer does not see:
 * it takes the next descriptor of the same number for the old one, and the thread that
 * has it for one that races with the thread that had it. libuv tells the sanitizer when
 * it is built with it (uv__close_nocancel); Debian's is not, so its calls are told here.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

void __sanitizer_syscall_pre_impl_close(long fd);
void __sanitizer_syscall_post_impl_close(long result, long fd);

/* Servers fork while their signal thread is there, and their children start threads. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "halt_on_error=1:die_after_fork=0";
}

static long (*real_syscall)(long, ...);

/* Before there are threads. */
__attribute__((constructor)) static void find_real_syscall(void)
{
    if (!real_syscall)
        *(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
}

long syscall(long number, ...)
{
    find_real_syscall();
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_close)
        __sanitizer_syscall_pre_impl_close(a[0]);
    long result = real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_close)
        __sanitizer_syscall_post_impl_close(result, a[0]);
    return result;
}
