using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nonet.Inference;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Goldens;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Inference;

/// <summary>A constraint in the engine, with everything else switched on: batches, drafts, penalties, stop strings.</summary>
public sealed class ConstrainedEngineTests : IDisposable
{
    const int Replies = 200, MostTokens = 100;

    const string Schema = """
        {"type":"object","properties":{"name":{"type":"string","maxLength":8},"n":{"type":"integer","minimum":-5,"maximum":999},
         "tags":{"type":"array","items":{"enum":["red","green","blue"]},"maxItems":3}},"required":["name","n","tags"],"additionalProperties":false}
        """;

    const string Pattern = "(ab|cd|é){1,4}-[0-9]{2,4}( [x-z]+!){0,2}";

    const string Gbnf = """
        root ::= item ("," " "? item){1,3} "."
        item ::= [0-9]{1,3} | "(" [0-9] ("+" | "*") item ")"
        """;

    readonly TemporaryFolder folder = new();
    readonly Tokenizer tokenizer;
    readonly Llama model;

    public ConstrainedEngineTests()
    {
        folder.Add("tokenizer.json", Golden.Unpacked("tokenizers/bpe-qwen2/tokenizer.json.gz"));
        tokenizer = Tokenizer.Load(folder.Path);
        var config = TinyModels.LlamaConfig with { Vocab = tokenizer.Vocab, Context = 256 };
        model = TinyModels.Filled((Llama)config.Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
    }

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Kinds => ["schema", "regex", "gbnf"];

    ITokenConstraint Constraint(string kind) => kind switch
    {
        "schema" => StructuredText.JsonSchema(Schema, TokenVocabulary.Of(tokenizer)),
        "regex" => StructuredText.Regex(Pattern, TokenVocabulary.Of(tokenizer)),
        _ => StructuredText.Grammar(Gbnf, TokenVocabulary.Of(tokenizer)),
    };

    /// <summary>Whether a complete reply is right, by other means than the constraint.</summary>
    static bool IsRight(string kind, string text)
    {
        switch (kind)
        {
            case "schema":
                using (var json = JsonDocument.Parse(text))
                {
                    var root = json.RootElement;
                    return root.EnumerateObject().Select(p => p.Name).SequenceEqual(["name", "n", "tags"])
                        && root.GetProperty("name").GetString()!.EnumerateRunes().Count() <= 8
                        && root.GetProperty("n").GetInt32() is >= -5 and <= 999 && root.GetProperty("tags").GetArrayLength() <= 3
                        && root.GetProperty("tags").EnumerateArray().All(t => t.GetString() is "red" or "green" or "blue");
                }
            case "regex":
                return Regex.IsMatch(text, $"^(?:{Pattern})$", RegexOptions.CultureInvariant);
            default:
                // items without parentheses, once the innermost ones are gone
                for (var before = ""; before != text;)
                    (before, text) = (text, Regex.Replace(text, "\\([0-9][+*][0-9]{1,3}\\)", "1"));
                return Regex.IsMatch(text, "^[0-9]{1,3}(, ?[0-9]{1,3}){1,3}\\.$");
        }
    }

    sealed record Reply(string Text, int[] Ids, StopReason? Stop);

    async Task<Reply[]> Run(ITokenConstraint constraint, EngineOptions options, int replies, Action<EngineCounts>? counted = null)
    {
        using var engine = new DecodingEngine(model, tokenizer, options);
        var all = await Task.WhenAll(Enumerable.Range(0, replies).Select(async i =>
        {
            var generation = new GenerationOptions
            {
                MaxTokens = MostTokens,
                Constraint = constraint,
                StopTexts = ["7", "zz"],
                Sampler = new SamplerOptions
                {
                    Temperature = 1 + (i % 3),
                    TopP = 0.98,
                    MinP = 1e-4,
                    RepetitionPenalty = 1.1,
                    PresencePenalty = 0.2,
                    FrequencyPenalty = 0.1,
                    Dry = new DryOptions(),
                    LogitBias = new Dictionary<int, double> { [tokenizer.Encode("7", marks: false)[^1]] = -1 },
                    Seed = (ulong)i,
                },
            };
            var (text, ids, stop) = (new StringBuilder(), new List<int>(), default(StopReason?));
            await foreach (var token in engine.Generate(tokenizer.Encode($"reply {i % 5}:"), generation, TestContext.Current.CancellationToken))
            {
                text.Append(token.Text);
                ids.Add(token.Id);
                stop = token.Stop;
            }
            return new Reply(text.ToString(), [.. ids], stop);
        }));
        counted?.Invoke(engine.Counts);
        return all;
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Two_hundred_sampled_replies_hold_their_constraint_under_drafts_penalties_and_stop_strings(string kind)
    {
        var constraint = Constraint(kind);
        var counts = default(EngineCounts);
        var replies = await Run(constraint, new EngineOptions { MostSequences = 4, DraftsByLookup = true, AlwaysDrafts = true, CacheTokens = 2048 }, Replies,
            c => counts = c);
        Assert.True(counts is { DraftedTokens: > 0, AcceptedTokens: > 0 }, $"{counts}");
        foreach (var reply in replies)
        {
            var state = constraint.Fork();
            foreach (var id in reply.Ids.Where(id => !tokenizer.IsSpecial(id)))
                state.Accept(id); // throws at the first token that is not allowed
            if (reply.Stop is StopReason.Complete or StopReason.EndOfText)
            {
                Assert.True(IsRight(kind, reply.Text), reply.Text);
                Assert.DoesNotContain("7", reply.Text, StringComparison.Ordinal);
            }
            else
                Assert.True(reply.Stop is StopReason.StopText or StopReason.MaxTokens, $"{reply}");
            Assert.DoesNotContain("zz", reply.Text, StringComparison.Ordinal);
        }
        Assert.True(replies.Count(r => r.Stop is StopReason.Complete or StopReason.EndOfText) >= Replies / 4,
            string.Join(' ', replies.GroupBy(r => r.Stop).Select(g => $"{g.Key}: {g.Count()}")));
        Assert.Contains(replies, r => r.Stop == StopReason.StopText);
        // Neither drafts nor the batch change a reply.
        var alone = await Run(constraint, new EngineOptions { MostSequences = 1 }, 12);
        Assert.Equal(alone.Select(r => (r.Text, r.Stop)), replies[..12].Select(r => (r.Text, r.Stop)));
        var together = await Run(constraint, new EngineOptions { MostSequences = 64 }, Replies);
        Assert.Equal(together.Select(r => (r.Text, r.Stop)), replies.Select(r => (r.Text, r.Stop)));
    }
}
