/* json.c - see json.h. */
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

void json_add_number(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
    else
        cJSON_AddNullToObject(object, key);
}

void json_add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

void json_add_bool(cJSON *object, const char *key, bool value)
{
    cJSON_AddBoolToObject(object, key, value);
}

cJSON *json_add_object(cJSON *parent, const char *key)
{
    return cJSON_AddObjectToObject(parent, key);
}

cJSON *json_add_array(cJSON *parent, const char *key)
{
    return cJSON_AddArrayToObject(parent, key);
}

double json_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

const char *json_string(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

const cJSON *json_at(const cJSON *root, const char *path)
{
    char **keys = text_split(path, '/', NULL);
    for (size_t i = 0; keys[i] && root; i++)
        root = cJSON_IsArray(root)
                   ? cJSON_GetArrayItem(root, (int)strtol(keys[i], NULL, 10))
                   : cJSON_GetObjectItemCaseSensitive(root, keys[i]);
    text_list_free(keys);
    return root;
}

char *json_print(const cJSON *root)
{
    char *printed = cJSON_Print(root);
    char *text = memory_printf("%s\n", printed ? printed : "null");
    cJSON_free(printed);
    return text;
}

void json_show(cJSON *root)
{
    char *text = json_print(root);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(root);
}

int json_write(const char *path, const cJSON *root, struct error *error)
{
    if (strcmp(path, "-") != 0)
        return json_write_file(path, root, error);
    char *text = json_print(root);
    fputs(text, stdout);
    free(text);
    return 0;
}

int json_can_write(const char *path, struct error *error)
{
    return strcmp(path, "-") == 0 ? 0 : file_can_write(path, error);
}

int json_write_file(const char *path, const cJSON *root, struct error *error)
{
    char *text = json_print(root);
    int result = file_write_atomic(path, text, strlen(text), error);
    free(text);
    return result;
}
