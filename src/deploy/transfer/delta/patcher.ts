/**
 * The program that rebuilds an archive on the server, in one pass and without a file: from instructions on its standard
 * input and the server's own image on file 4. Perl, because perl-base is on every Debian and Ubuntu, and `dd` would be
 * started for each of thousands of stretches. Arguments: length and mark (see units.ts) of the old layer.
 *
 * Instructions, each a line: `l N` and N bytes that follow it are written; `c N` copies N bytes of the old layer, `s N`
 * skips them; `t N TIME` copies N bytes, which begin with a header, with TIME (11 octal digits) in every header whose time
 * can be set; `e 0` is the end, without which it fails, so that a stream which breaks off never looks whole.
 */
export const PATCHER = String.raw`
use strict; use warnings;
my ($length, $mark) = @ARGV;
open(my $image, '<&=', 4) or die "delta: no image to read\n";
binmode $_ for $image, *STDIN, *STDOUT;
my $held = '';
sub take {
  my ($from, $n, $what) = @_;
  my $got = read($from, my $bytes, $n);
  die "delta: $what ended early\n" unless defined $got && $got == $n;
  return $bytes;
}
sub old {
  my ($n) = @_;
  my $bytes = substr($held, 0, $n, '');
  $bytes .= take($image, $n - length $bytes, 'the image of the server') if length $bytes < $n;
  return $bytes;
}
sub put { print { *STDOUT } $_[0] or die "delta: cannot write: $!\n" }
sub copy {
  my ($n, $source, $sink) = @_;
  while ($n > 0) {
    my $some = $n < 65536 ? $n : 65536;
    $sink->($source->($some));
    $n -= $some;
  }
}
sub content { return $_[0] =~ /^.{124}([0-7]{11})/s ? int((oct($1) + 511) / 512) * 512 : 0 }
my $void = sub {};
for (;;) {
  my $header = old(512);
  my $left = content($header);
  if ($left >= 512 && $left == int(($length + 511) / 512) * 512) {
    $held = old(512);
    last if substr($held, 148, 6) eq $mark;
  }
  copy($left, \&old, $void);
}
my $given = sub { take(*STDIN, $_[0], 'the stream') };
my $ended = 0;
while (defined(my $line = <STDIN>)) {
  my ($what, $n, $time) = $line =~ /^([lcste]) ([0-9]+)(?: ([0-7]{11}))?\n\z/ or die "delta: no instruction\n";
  if ($what eq 'l') { copy($n, $given, \&put) }
  elsif ($what eq 'c') { copy($n, \&old, \&put) }
  elsif ($what eq 's') { copy($n, \&old, $void) }
  elsif ($what eq 'e') { $ended = 1; last }
  else {
    while ($n > 0) {
      my $header = old(512);
      if (substr($header, 156, 1) !~ /[xgLK]/ && substr($header, 136, 20) =~ /^([0-7]{11})[\0 ]([0-7]{6})[\0 ]{2}/) {
        my $sum = oct($2) - unpack('%32C*', $1) + unpack('%32C*', $time);
        substr($header, 136, 11) = $time;
        substr($header, 148, 6) = sprintf('%06o', $sum);
      }
      put($header);
      $n -= 512;
      my $left = content($header);
      $left = $n if $left > $n;
      copy($left, \&old, \&put);
      $n -= $left;
    }
  }
}
$ended or die "delta: the stream ended early\n";
close(STDOUT) or die "delta: cannot write: $!\n";
`;

/**
 * Arguments: the image that has the old layer, its length, its mark, the program above, and what unpacks the instructions.
 * Whatever fails before the end, `docker load` sees an archive that is cut off, and refuses it.
 */
const REBUILD = `exec 3<&0
docker save -- "$1" </dev/null | { exec 4<&0; "$5" -dc <&3 | perl -e "$4" "$2" "$3"; } | docker load`;

export interface Base {
  /** Reference or id of the image on the server. */
  image: string;
  /** Of the old layer. */
  length: number;
  mark: string;
}

/** The command whose standard input are compressed instructions, and that loads what they rebuild. */
export function rebuildCommand(reference: string, base: Base, unpacker: 'gzip' | 'zstd') {
  const words = [base.image, String(base.length), base.mark, PATCHER, unpacker];
  return { title: `rebuild ${reference}`, argv: ['sh', '-c', REBUILD, 'sh', ...words] as const };
}
