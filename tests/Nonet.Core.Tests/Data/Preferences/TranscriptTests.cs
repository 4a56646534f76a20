using Nonet.Data.Preferences;
using Nonet.Text.Chat;

namespace Nonet.Tests.Data.Preferences;

public class TranscriptTests
{
    static string? Turns(string text) => Transcript.Parse(text) is { } turns ? string.Join('|', turns.Select(t => $"{t.Role}:{t.Content}")) : null;

    [Theory]
    [InlineData("\n\nHuman: Hi\n\nAssistant:", "user:Hi")]
    [InlineData("Human: Hi\n\nAssistant: ", "user:Hi")]
    [InlineData("\n\nSystem: Be kind.\n\nHuman: Hi\n\nAssistant:", "system:Be kind.|user:Hi")]
    [InlineData("\n\nHuman: A\n\nB\n\nAssistant: C: d\n\nHuman: E\n\nAssistant:", "user:A\n\nB|assistant:C: d|user:E")]
    [InlineData("\n\nHuman: A\n\nHuman: B\n\nAssistant:", "user:A\n\nB")]
    [InlineData("\n\nHuman:\n\nAssistant:", "user:")]
    [InlineData("\n\nHuman: Hi", null)]
    [InlineData("\n\nHuman: Hi\n\nAssistant: Yo", null)]
    [InlineData("\n\nAssistant: Hi\n\nHuman: Yo\n\nAssistant:", null)]
    [InlineData("\n\nHuman: Hi\n\nAssistant: Yo\n\nAssistant:", null)]
    [InlineData("\n\nHuman: Hi\n\nSystem: Yo\n\nAssistant:", null)]
    [InlineData("Say: Human: Hi\n\nAssistant:", null)]
    [InlineData("", null)]
    public void A_transcript_is_read_as_turns(string text, string? expected) => Assert.Equal(expected, Turns(text));

    [Fact]
    public void A_conversation_is_written_as_a_transcript()
    {
        ChatMessage[] turns = [ChatMessage.System("S"), ChatMessage.User("a"), ChatMessage.Assistant("b"), ChatMessage.User("c")];
        Assert.Equal("\n\nSystem: S\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:", Transcript.Of(turns));
        Assert.Equal(turns, Transcript.Parse(Transcript.Of(turns))!);
    }
}
