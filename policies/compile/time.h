/* Days, moments and calendars. Pure: what time it is comes in as a fact.
 *
 * Moments are milliseconds since 1970-01-01 UTC, days are whole days since then. Both run to the
 * end of the year 9999. The Gregorian calendar throughout. */
#ifndef POLICIES_COMPILE_TIME_H
#define POLICIES_COMPILE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_DAY_MS INT64_C(86400000)
#define POLICY_TIME_MAX INT64_C(253402300799999) /* the last millisecond of 9999 */

/* What a text such as 2027-01-01 or 2027-01-01T08:30:00+08:00 says. */
struct policy_moment {
    bool is_date; /* only a day: the moment depends on a time zone */
    int64_t day;
    int64_t ms; /* of a whole moment */
};

/* A date (2027-01-31), or an RFC 3339 moment with seconds and Z or an offset. NULL when it is good;
 * else what is wrong, as an English clause: a form that is none, or a day that does not exist.
 * Years 1970 to 9999. */
const char *policy_time_parse(const char *text, struct policy_moment *out);
/* "+08:00", "-03:30", "Z" -> minutes east of UTC, at most 14 hours; false for anything else. */
bool policy_zone_parse(const char *text, int *minutes);

/* "2027-01-01T00:00:00.000Z" with its NUL. Returns `to`. */
enum { POLICY_TIME_SIZE = 32 };
char *policy_time_format(int64_t ms, char to[POLICY_TIME_SIZE]);

struct policy_days {
    int64_t first;
    int64_t last;
};

/* What a policy's `calendar` says. Zeroed: UTC, and no day is a working day. */
struct policy_calendar {
    int zone_minutes;
    unsigned working_weekdays;          /* bits 1 << weekday, Monday is 0 */
    const struct policy_days *holidays; /* ascending, not overlapping */
    size_t holiday_count;
    const struct policy_days *extra; /* working although a weekend; likewise ascending */
    size_t extra_count;
};

/* The day in the calendar's zone, and the moment that a day begins. */
int64_t policy_calendar_day(const struct policy_calendar *calendar, int64_t ms);
int64_t policy_calendar_day_start(const struct policy_calendar *calendar, int64_t day);
/* 0 for Monday to 6. */
int policy_calendar_weekday(int64_t day);
int policy_calendar_hour(const struct policy_calendar *calendar, int64_t ms);
bool policy_calendar_is_working(const struct policy_calendar *calendar, int64_t day);

/* The first day of the week, month or year that a day lies in. */
enum policy_period {
    POLICY_PERIOD_DAY,
    POLICY_PERIOD_WEEK,
    POLICY_PERIOD_MONTH,
    POLICY_PERIOD_YEAR
};
int64_t policy_calendar_period_start(enum policy_period period, int64_t day);

#endif
