using System.Text;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Runs;

public class EventFileTests
{
    static readonly DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(1500);

    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("123456789", 0xe3069283u)] // the check value of CRC-32C
    public void Crc_has_its_published_values(string text, uint crc) => Assert.Equal(crc, EventFile.Crc32C(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Crc_of_zeros_is_that_of_RFC_3720() => Assert.Equal(0x8a9136aau, EventFile.Crc32C(new byte[32]));

    [Fact]
    public void Masking_rotates_and_adds() => Assert.Equal(0xc78ab0e5u, EventFile.Masked(0xe3069283)); // 0x2507c60d + 0xa282ead8

    [Fact]
    public void An_event_is_its_fields_in_order()
    {
        // 09 wall_time 1.5, 10 step 300 as a varint, 2a summary of 10 bytes { 0a value of 8 bytes { 0a tag "a", 15 simple_value 2 } }
        Assert.Equal("09000000000000f83f" + "10ac02" + "2a0a" + "0a08" + "0a0161" + "1500000040",
            Convert.ToHexStringLower(EventFile.Scalars(time, 300, ("a", 2))));
        Assert.Equal("09000000000000f83f" + "1a0d" + Convert.ToHexStringLower("brain.Event:2"u8), Convert.ToHexStringLower(EventFile.Version(time)));
    }

    [Fact]
    public void A_record_is_length_crc_bytes_crc() => // both CRCs by a bit-wise CRC-32C outside this program
        Assert.Equal("1800000000000000" + "a37f4b22" + "09000000000000f83f10ac022a0a0a080a01611500000040" + "722e38ef",
            Convert.ToHexStringLower(EventFile.Record(EventFile.Scalars(time, 300, ("a", 2)))));

    [Fact]
    public void A_file_holds_the_version_then_every_event()
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (new StepDone(1, 9, 2.5, 0.1, 3, 64, TimeSpan.Zero, 10, TimeSpan.Zero), new Evaluated(2, 2, 3, true));
        EventFile.Create(folder["events"], time, [(first, time)]);
        EventFile.Append(folder["events"], second, time);
        EventFile.Append(folder["events"], new Sampled(2, "", "no numbers"), time);
        byte[] want =
        [
            .. EventFile.Record(EventFile.Version(time)),
            .. EventFile.Record(EventFile.Scalars(time, 1, ("loss/train", 2.5), ("learning_rate", 0.1), ("gradient_norm", 3), ("tokens_per_s", 10))),
            .. EventFile.Record(EventFile.Scalars(time, 2, ("loss/validation", 2), ("bits_per_byte", 3))),
        ];
        Assert.Equal(want, File.ReadAllBytes(folder["events"]));
    }
}
