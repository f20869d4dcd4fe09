#include "scp/gp/cplc.h"

#include "scp/gp/card_data.h"

static const struct {
    const char *name;
    size_t size;
} cplc_fields[SCP_CPLC_FIELD_COUNT] = {
#define SCP_CPLC_ROW(field, name, size) {name, size},
    SCP_CPLC_FIELDS(SCP_CPLC_ROW)
#undef SCP_CPLC_ROW
};

enum scp_error scp_cplc_parse(struct scp_bytes data, struct scp_bytes *cplc)
{
    SCP_TRY(scp_data_value(data, SCP_DATA_CPLC, cplc));
    return cplc->len == SCP_CPLC_SIZE ? SCP_OK : SCP_MALFORMED;
}

struct scp_bytes scp_cplc_field(struct scp_bytes cplc, enum scp_cplc_field field)
{
    size_t at = 0;
    for (size_t i = 0; i < (size_t)field; i++)
        at += cplc_fields[i].size;
    return scp_bytes_slice(cplc, at, cplc_fields[field].size);
}

const char *scp_cplc_field_name(enum scp_cplc_field field)
{
    return cplc_fields[field].name;
}

/* ---- dates -------------------------------------------------------------------------------- */

enum { MONTHS = 12, DIGITS = 4, DAYS_IN_YEAR = 365, YEARS_IN_CODE = 10 };

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_year(unsigned year)
{
    return DAYS_IN_YEAR + (is_leap(year) ? 1 : 0);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

/* The day of the year, from 1. */
static unsigned day_of_year(const struct scp_date *date)
{
    unsigned day = date->day;
    for (unsigned month = 1; month < date->month; month++)
        day += days_in_month(date->year, month);
    return day;
}

static struct scp_date date_of(unsigned year, unsigned day)
{
    unsigned month = 1;
    for (; day > days_in_month(year, month); month++)
        day -= days_in_month(year, month);
    return (struct scp_date){.year = (uint16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
}

/* YDDD as four decimal digits. */
static enum scp_error digits_of(struct scp_bytes value, unsigned *year_digit, unsigned *day)
{
    if (value.len != DIGITS / 2)
        return SCP_MALFORMED;
    unsigned digits[DIGITS];
    for (size_t i = 0; i < DIGITS; i++) {
        digits[i] = i % 2 == 0 ? value.ptr[i / 2] >> 4 : value.ptr[i / 2] & 0x0FU;
        if (digits[i] > 9)
            return SCP_MALFORMED;
    }
    *year_digit = digits[0];
    *day = 100 * digits[1] + 10 * digits[2] + digits[3];
    return SCP_OK;
}

enum scp_error scp_cplc_date(struct scp_bytes value, const struct scp_date *latest,
                             struct scp_date *out)
{
    static const uint8_t none[2][2] = {{0x00, 0x00}, {0xFF, 0xFF}};
    unsigned year_digit;
    unsigned day;
    if (scp_bytes_equal(value, SCP_BYTES(none[0])) || scp_bytes_equal(value, SCP_BYTES(none[1])))
        return SCP_NOT_FOUND;
    SCP_TRY(digits_of(value, &year_digit, &day));
    if (day == 0 || day > DAYS_IN_YEAR + 1)
        return SCP_OUT_OF_RANGE;
    unsigned year = latest->year - (latest->year + YEARS_IN_CODE - year_digit) % YEARS_IN_CODE;
    if (year == latest->year && day > day_of_year(latest))
        year -= YEARS_IN_CODE;
    while (year >= SCP_CPLC_FIRST_YEAR && day > days_in_year(year))
        year -= YEARS_IN_CODE; /* day 366 wants a leap year */
    if (year < SCP_CPLC_FIRST_YEAR)
        return SCP_OUT_OF_RANGE;
    *out = date_of(year, day);
    return SCP_OK;
}
