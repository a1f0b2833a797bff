# compute.pl PART: what perl computes, in its own integers, doubles and strings.
use strict;
use warnings;
no warnings 'portable';
use POSIX ();
use Digest::SHA;
use Digest::MD5;
use Math::BigInt;
use List::Util;

my $state = 88172645463325252;
sub next_bits { # xorshift, 64 bits
    $state ^= ($state << 13);
    $state ^= ($state >> 7);
    $state ^= ($state << 17);
    return $state;
}

my %parts = (
    integers => sub {
        for (1 .. 1500) {
            my ($x, $y) = (next_bits(), next_bits() | 1);
            use integer;
            print join(' ', $x + $y, $x * $y, $x / $y, $x % $y, $x << ($y & 31), $x >> ($y & 63), $x ^ ~$y), "\n";
        }
        my $big = Math::BigInt->new(3)->bpow(700);
        print $big, ' ', $big->copy->bmul($big), ' ', $big->copy->bmodpow(17, '1000000007'), ' ', Math::BigInt->new(200)->bfac, "\n";
    },
    floats => sub {
        for (1 .. 800) {
            my $x = (next_bits() >> 11) / 2**53 * 40 - 20;
            my $y = (next_bits() >> 11) / 2**53 + 0.25;
            print unpack('H*', pack('d>*', sin $x, cos $x, exp $x, log(abs $x), sqrt(abs $x), atan2($x, $y), $y**$x, int $x, $x / $y, POSIX::fmod($x, $y),
                POSIX::floor($x), POSIX::tanh($x), POSIX::log1p($y), POSIX::tgamma($y), POSIX::lround($x))), ' ', sprintf('%.15g %e %a %.3f', $x, $x * 1e100, $y, $x), "\n";
        }
    },
    text => sub {
        my $text = join ' ', map { sprintf '%x', next_bits() } 1 .. 2000;
        my %count;
        $count{$_}++ for $text =~ /([a-f]+)/g;
        print join(' ', map { "$_=$count{$_}" } sort keys %count), "\n";
        (my $other = $text) =~ s/(\d)([a-f])/$2$1/g;
        $other =~ tr/0-9a-f/a-p/;
        print $other, ' ', length($other), ' ', scalar reverse($text), ' ', index($text, 'dead'), ' ', uc $text, "\n";
        print Digest::SHA::sha1_hex($text), Digest::SHA::sha512_hex($text), Digest::MD5::md5_hex($text), "\n";
    },
    sort => sub {
        my @numbers = map { (next_bits() >> 20) % 100000 } 1 .. 4000;
        print join(' ', sort { $a <=> $b } @numbers), "\n", join(' ', sort @numbers), "\n", List::Util::sum(@numbers), ' ', List::Util::max(@numbers), "\n";
    },
    pack => sub {
        for (1 .. 800) {
            my $x = next_bits();
            print unpack('H*', pack('q>l<s>CnNvVwf>d<', $x, $x, $x, $x & 255, $x & 65535, $x & 0xffffffff, $x & 65535, $x & 0xffffffff, $x & 0x7fffffff, $x / 3, $x / 7)),
                unpack('%32b*', pack('q', $x)), "\n";
        }
    },
);
$parts{$ARGV[0]}->();
