#include "policies/compile/time.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, YEAR_MIN = 1970, YEAR_MAX = 9999 };

struct date {
    int year;
    int month;
    int day;
};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970 to the first of January, counted by the leap years between. */
static int64_t days_before_year(int year)
{
    int64_t before = year - 1;
    return 365 * (before - 1969) + (before / 4 - 1969 / 4) - (before / 100 - 1969 / 100) +
           (before / 400 - 1969 / 400);
}

static int64_t day_of(struct date date)
{
    int64_t day = days_before_year(date.year);
    for (int month = 1; month < date.month; month++)
        day += days_in_month(date.year, month);
    return day + date.day - 1;
}

static struct date date_of(int64_t day)
{
    int year = YEAR_MIN + (int)(day / 366); /* never too late */
    while (days_before_year(year + 1) <= day)
        year++;
    int64_t left = day - days_before_year(year);
    int month = 1;
    for (; left >= days_in_month(year, month); month++)
        left -= days_in_month(year, month);
    return (struct date){year, month, (int)left + 1};
}

/* ---- reading ------------------------------------------------------------------------------ */

struct cursor {
    const char *at;
    bool good;
};

/* `count` digits. */
static int take_number(struct cursor *c, int count)
{
    int number = 0;
    for (int i = 0; i < count && c->good; i++) {
        c->good = *c->at >= '0' && *c->at <= '9';
        number = c->good ? number * 10 + (*c->at++ - '0') : 0;
    }
    return number;
}

static void take_char(struct cursor *c, char wanted)
{
    c->good = c->good && *c->at == wanted;
    if (c->good)
        c->at++;
}

static struct date take_date(struct cursor *c)
{
    struct date date = {.year = take_number(c, 4)};
    take_char(c, '-');
    date.month = take_number(c, 2);
    take_char(c, '-');
    date.day = take_number(c, 2);
    return date;
}

static const char *check_date(struct date date)
{
    if (date.year < YEAR_MIN)
        return "years begin with 1970";
    if (date.month < 1 || date.month > 12)
        return "there is no such month";
    if (date.day < 1 || date.day > days_in_month(date.year, date.month))
        return "there is no such day in that month";
    return NULL;
}

bool policy_zone_parse(const char *text, int *minutes)
{
    *minutes = 0;
    if (strcmp(text, "Z") == 0)
        return true;
    struct cursor c = {text, true};
    int sign = *c.at == '-' ? -1 : 1;
    take_char(&c, sign < 0 ? '-' : '+');
    int hours = take_number(&c, 2);
    take_char(&c, ':');
    int rest = take_number(&c, 2);
    *minutes = sign * (60 * hours + rest);
    return c.good && *c.at == '\0' && rest < 60 && 60 * hours + rest <= 14 * 60;
}

/* "T08:30:00+08:00" after a date. */
static const char *take_clock(struct cursor *c, struct policy_moment *out)
{
    take_char(c, 'T');
    int hour = take_number(c, 2);
    take_char(c, ':');
    int minute = take_number(c, 2);
    take_char(c, ':');
    int second = take_number(c, 2);
    int zone = 0;
    if (!c->good || !policy_zone_parse(c->at, &zone))
        return "a moment is written like 2027-01-31T08:30:00+08:00";
    if (hour > 23 || minute > 59 || second > 59)
        return "there is no such time of day";
    out->ms = out->day * POLICY_DAY_MS + (int64_t)hour * HOUR_MS +
              (int64_t)(minute - zone) * MINUTE_MS + (int64_t)second * 1000;
    return out->ms < 0 || out->ms > POLICY_TIME_MAX ? "years run from 1970 to 9999" : NULL;
}

const char *policy_time_parse(const char *text, struct policy_moment *out)
{
    struct cursor c = {text, true};
    *out = (struct policy_moment){0};
    struct date date = take_date(&c);
    if (!c.good || (*c.at != '\0' && *c.at != 'T'))
        return "a day is written like 2027-01-31, a moment like 2027-01-31T08:30:00+08:00";
    const char *wrong = check_date(date);
    if (wrong != NULL)
        return wrong;
    out->day = day_of(date);
    out->is_date = *c.at == '\0';
    return out->is_date ? NULL : take_clock(&c, out);
}

char *policy_time_format(int64_t ms, char to[POLICY_TIME_SIZE])
{
    int64_t clipped = ms < 0 ? 0 : ms > POLICY_TIME_MAX ? POLICY_TIME_MAX : ms;
    struct date date = date_of(clipped / POLICY_DAY_MS);
    int rest = (int)(clipped % POLICY_DAY_MS);
    (void)snprintf(to, POLICY_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year % 10000,
                   date.month, date.day, rest / HOUR_MS, rest / MINUTE_MS % 60, rest / 1000 % 60,
                   rest % 1000);
    return to;
}

/* ---- calendars ---------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t policy_calendar_day(const struct policy_calendar *calendar, int64_t ms)
{
    return floor_div(ms + (int64_t)calendar->zone_minutes * MINUTE_MS, POLICY_DAY_MS);
}

int64_t policy_calendar_day_start(const struct policy_calendar *calendar, int64_t day)
{
    return day * POLICY_DAY_MS - (int64_t)calendar->zone_minutes * MINUTE_MS;
}

int policy_calendar_weekday(int64_t day)
{
    enum { THURSDAY = 3 }; /* 1970-01-01 */
    return (int)((day % 7 + 7 + THURSDAY) % 7);
}

int policy_calendar_hour(const struct policy_calendar *calendar, int64_t ms)
{
    int64_t day = policy_calendar_day(calendar, ms);
    return (int)((ms - policy_calendar_day_start(calendar, day)) / HOUR_MS);
}

static bool lies_in(const struct policy_days *ranges, size_t count, int64_t day)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= day;
}

bool policy_calendar_is_working(const struct policy_calendar *calendar, int64_t day)
{
    if (lies_in(calendar->extra, calendar->extra_count, day))
        return true;
    bool weekday = (calendar->working_weekdays >> policy_calendar_weekday(day) & 1) != 0;
    return weekday && !lies_in(calendar->holidays, calendar->holiday_count, day);
}

int64_t policy_calendar_period_start(enum policy_period period, int64_t day)
{
    if (period == POLICY_PERIOD_DAY || day < 0)
        return day;
    if (period == POLICY_PERIOD_WEEK)
        return day - policy_calendar_weekday(day);
    struct date date = date_of(day);
    date.day = 1;
    date.month = period == POLICY_PERIOD_YEAR ? 1 : date.month;
    return day_of(date);
}
