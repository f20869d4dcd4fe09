# Print C files as path:line:code with comments blanked, and with --no-strings what is in string
# and character literals too, so that a pattern finds code and not prose about code.
use strict;
use warnings;

my $keep_strings = 1;
if (@ARGV && $ARGV[0] eq '--no-strings') {
    $keep_strings = 0;
    shift @ARGV;
}

sub blank {
    my ($text) = @_;
    $text =~ s/[^\n]/ /g;
    return $text;
}

for my $path (@ARGV) {
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    my $text = <$in>;
    close $in;
    $text =~ s{(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(\#\s*include[^\n]*)}{
        defined $1 ? blank($1) : defined $3 || $keep_strings ? $& : '""'
    }gsex;
    my $number = 0;
    print "$path:", ++$number, ":$_\n" for split /\n/, $text, -1;
}
