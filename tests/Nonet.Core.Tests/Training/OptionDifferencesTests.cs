using System.Text.Json.Nodes;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class OptionDifferencesTests
{
    static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    static IReadOnlyList<string> Between(string before, string now) => OptionDifferences.Between(Parse(before), Parse(now));

    [Fact]
    public void Fields_are_named_by_their_path_with_both_values() => Assert.Equal(
        ["adamw.beta2: 0.95 in the checkpoint, 0.99 now", "clip: absent in the checkpoint, 1 now", "sources.0.weight: 1 in the checkpoint, null now"],
        Between("""{"adamw":{"beta2":0.95},"sources":[{"weight":1}]}""", """{"clip":1,"adamw":{"beta2":0.99},"sources":[{"weight":null}]}"""));

    [Theory] // what earlier versions wrote for enumerations
    [InlineData("Cosine", "cosine"), InlineData("InverseSquareRoot", "inverse_sqrt"), InlineData("WarmupStableDecay", "wsd"),
        InlineData("FullSentences", "full_sentences")]
    public void An_earlier_spelling_of_a_choice_is_the_same(string before, string now) =>
        Assert.Empty(Between($$"""{"a":"{{before}}"}""", $$"""{"a":"{{now}}"}"""));

    [Theory]
    [InlineData("Linear", "cosine"), InlineData("books", "Books"), InlineData("inverse_sqrt", "InverseSquareRoot")]
    public void Another_choice_is_not(string before, string now) =>
        Assert.Equal($"a: {before} in the checkpoint, {now} now", Assert.Single(Between($$"""{"a":"{{before}}"}""", $$"""{"a":"{{now}}"}""")));
}
