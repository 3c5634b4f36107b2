/* request_head.c - see request_head.h. */
#include "workload/request_head.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/field_json.h"
#include "base/json.h"

/* ---- methods ----------------------------------------------------------------------- */

/* RFC 9110, 9.2.2 (idempotent), and 8.6: of a method that expects content a client says
 * that there is none. Of methods that are not listed neither is known. */
static const struct {
    const char *name;
    bool idempotent, expects_body;
} methods[] = {
    {"GET", true, false},  {"HEAD", true, false},   {"OPTIONS", true, false},
    {"PUT", true, true},   {"DELETE", true, false}, {"TRACE", true, false},
    {"POST", false, true}, {"PATCH", false, true},
};

bool request_method_is_idempotent(const char *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, method) == 0)
            return methods[i].idempotent;
    return false;
}

bool request_method_expects_body(const char *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, method) == 0)
            return methods[i].expects_body;
    return false;
}

/* ---- what may be given ------------------------------------------------------------- */

/* RFC 9110, 5.6.2. */
#define TOKEN_CHARACTERS                                                                 \
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int check_method(const char *method, struct error *error)
{
    if (!*method || method[strspn(method, TOKEN_CHARACTERS)])
        return error_set(error, -EINVAL,
                         "expected a method such as GET, POST or DELETE, got \"%s\"",
                         method);
    if (strcmp(method, "CONNECT") == 0)
        return error_set(error, -EINVAL,
                         "CONNECT asks for a tunnel, which is not a request for a path");
    return 0;
}

/* Those that say where a message ends, and whether the connection does. */
static const char *const framing_names[] = {"Content-Length", "Transfer-Encoding",
                                            "Connection", NULL};

static bool has_name(const char *header, const char *name)
{
    size_t length = strcspn(name, ":");
    return strncasecmp(header, name, length) == 0 && header[length] == ':';
}

static int check_header(const char *header, struct error *error)
{
    size_t length = strspn(header, TOKEN_CHARACTERS);
    if (!length || header[length] != ':')
        return error_set(error, -EINVAL,
                         "expected a header as \"Name: value\", got \"%s\"", header);
    for (const unsigned char *p = (const unsigned char *)header; *p; p++)
        if ((*p < ' ' && *p != '\t') || *p == 0x7f)
            return error_set(error, -EINVAL,
                             "a header is one line without control characters: byte %zu "
                             "of \"%.*s\" is 0x%02x",
                             (size_t)(p - (const unsigned char *)header) + 1, (int)length,
                             header, *p);
    for (size_t i = 0; framing_names[i]; i++)
        if (has_name(header, framing_names[i]))
            return error_set(error, -EINVAL,
                             "%s is not to be given: the generator frames its messages "
                             "itself (--body, --no-keep-alive, "
                             "--requests-per-connection)",
                             framing_names[i]);
    return 0;
}

static int set_method(const struct field *field, void *structure, const char *text,
                      struct error *error)
{
    char **method = field_member(field, structure);
    int result = check_method(text, error);
    if (result < 0)
        return result;
    free(*method);
    *method = memory_copy_string(text);
    return 0;
}

static int set_header(const struct field *field, void *structure, const char *text,
                      struct error *error)
{
    int result = check_header(text, error);
    if (result == 0)
        words_add(field_member(field, structure), text);
    return result;
}

static int set_body_file(const struct field *field, void *structure, const char *text,
                         struct error *error)
{
    char **file = field_member(field, structure);
    if (strcmp(text, "-") == 0)
        return error_set(error, -EINVAL,
                         "stdin is read once, and bodies are sent many times: name a "
                         "file");
    if (access(text, R_OK) < 0)
        return error_set(error, -EINVAL, "%s: %s", text, strerror(errno));
    free(*file);
    *file = memory_copy_string(text);
    return 0;
}

#define MEMBER(name) offsetof(struct request_head, name)

const struct field request_head_fields[] = {
    {.name = "method",
     .kind = FIELD_TEXT,
     .value = "METHOD",
     .help = "of all requests (default: GET, or POST where there is a body)",
     .about = "Default: GET, or POST where there is a body.",
     .offset = MEMBER(method),
     .set = set_method,
     .schema = "{\"type\":\"string\",\"pattern\":\"^(?!CONNECT$)"
               "[!#$%&'*+.^_`|~0-9A-Za-z-]+$\"}"},
    {.name = "header",
     .key = "headers",
     .kind = FIELD_LIST,
     .value = "LINE",
     .help = "send 'Name: value' with all requests, Host in place of the server's name; "
             "may be given several times",
     .about = "Lines \"Name: value\".",
     .offset = MEMBER(headers),
     .minimum = 1,
     .maximum = REQUEST_MAX_HEADERS,
     .set = set_header,
     .schema = "{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{"
               "\"type\":\"string\",\"pattern\":\"^[!#$%&'*+.^_`|~0-9A-Za-z-]+:"
               "[^\\\\u0000-\\\\u0008\\\\u000a-\\\\u001f\\\\u007f]*$\"}}"},
    {.name = "body",
     .kind = FIELD_TEXT,
     .value = "TEXT",
     .help = "of all requests, with its Content-Length",
     .about = "The body, sent with its Content-Length.",
     .offset = MEMBER(body)},
    {.name = "body-file",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "the same, as it is in a file",
     .about = "In place of body: a file, from the folder of the scenario.",
     .offset = MEMBER(body_file),
     .set = set_body_file},
    {0}};

int request_head_check(const struct request_head *head, struct error *error)
{
    size_t hosts = 0;
    for (size_t i = 0; i < head->headers.count; i++) {
        const char *header = head->headers.items[i];
        int result = check_header(header, error);
        if (result < 0)
            return result;
        hosts += has_name(header, "Host");
    }
    if (hosts > 1)
        return error_set(error, -EINVAL, "a request has one Host header, got %zu", hosts);
    if (head->body && head->body_file)
        return error_set(error, -EINVAL,
                         "a request has one body: give it as text or as a file");
    return head->method ? check_method(head->method, error) : 0;
}

static int find_body_file(struct json_document *document, const cJSON *node,
                          struct request_head *head, struct error *error)
{
    char *path = json_path_beside(document, head->body_file);
    char absolute[PATH_MAX];
    int result = 0;
    if (!realpath(path, absolute) || access(absolute, R_OK) < 0)
        result = json_error(document, node, error, "%s: %s", path, strerror(errno));
    free(path);
    if (result < 0)
        return result;
    free(head->body_file);
    head->body_file = memory_copy_string(absolute);
    return 0;
}

int request_head_check_json(struct json_document *document, const cJSON *node,
                            struct request_head *head, struct error *error)
{
    struct error detail;
    const cJSON *headers = json_at(node, "headers"), *file = json_at(node, "body_file");
    if (head->method && check_method(head->method, &detail) < 0)
        return json_error(document, json_at(node, "method"), error, "%s", detail.text);
    for (size_t i = 0; headers && i < head->headers.count; i++)
        if (check_header(head->headers.items[i], &detail) < 0)
            return json_error(document, cJSON_GetArrayItem(headers, (int)i), error, "%s",
                              detail.text);
    if (request_head_check(head, &detail) < 0)
        return json_error(document, head->body && file ? file : headers, error, "%s",
                          detail.text);
    return file ? find_body_file(document, file, head, error) : 0;
}

/* ---- of one request ---------------------------------------------------------------- */

const char *request_head_method(const struct request_head *head)
{
    if (head->method)
        return head->method;
    return head->body || head->body_file ? "POST" : "GET";
}

bool request_has_header(const struct words *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (has_name(headers->items[i], name))
            return true;
    return false;
}

struct request_head request_head_of(const struct request_head *load,
                                    const struct request_head *own)
{
    bool own_body = own->method || own->body || own->body_file;
    struct request_head head = {
        .method = own->method ? own->method : load->method,
        .body = own_body ? own->body : load->body,
        .body_file = own_body ? own->body_file : load->body_file,
    };
    struct words *headers = &head.headers;
    headers->items = memory_allocate_zeroed(load->headers.count + own->headers.count + 1,
                                            sizeof *headers->items);
    for (size_t i = 0; i < load->headers.count; i++)
        if (!request_has_header(&own->headers, load->headers.items[i]))
            headers->items[headers->count++] = load->headers.items[i];
    for (size_t i = 0; i < own->headers.count; i++)
        headers->items[headers->count++] = own->headers.items[i];
    return head;
}

static void forget(char **text)
{
    free(*text);
    *text = NULL;
}

void request_head_yield(struct request_head *own, const struct request_head *given)
{
    bool body = given->body || given->body_file;
    if (given->method || body)
        forget(&own->method);
    if (body) {
        forget(&own->body);
        forget(&own->body_file);
    }
    size_t kept = 0;
    for (size_t i = 0; i < own->headers.count; i++) {
        char *header = own->headers.items[i];
        if (request_has_header(&given->headers, header))
            free(header);
        else
            own->headers.items[kept++] = header;
    }
    own->headers.count = kept;
}
