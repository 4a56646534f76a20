using System.CommandLine;
using System.Globalization;
using Nonet.Alignment;
using Nonet.Inference.Encoders;
using Nonet.Models;

namespace Nonet.Cli.Commands;

/// <summary>Classifies texts, pairs of texts, entities or choices, depending on the checkpoint's task.</summary>
sealed class ClassifyCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string[]> texts = new("TEXT")
    {
        Description = "The text, or the two texts of a pair, or a prompt and its choices. Without it, or with -, each line of standard input is an input, "
            + "with tabs between its parts.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    readonly Option<int?> top = Flags.Whole("--top", "Number of labels or choices to show; all by default.", 1);
    readonly Option<bool> json = new(Flags.Json) { Description = "Write one JSON object per text." };

    public ClassifyCommand(Terminal terminal) : base("classify", "Classify texts or pairs, find entities, or choose between continuations.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(texts);
        Add(top);
        Add(json);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var (classifying, given) = (open.Task, parsed.GetValue(texts) ?? []);
        var inputs = given is [] or ["-"] ? InputLines.Read(terminal, stopping).Select(line => line.Split('\t'))
            : new[] { given is [var one] ? one.Split('\t') : given }.ToAsyncEnumerable();
        var (shown, asJson) = (parsed.GetValue(top) ?? int.MaxValue, parsed.GetValue(json));
        var cut = (Texts: 0, Tokens: 0L);
        switch (classifying.Head)
        {
            case ModelHead.MultipleChoice:
                var ranker = new ChoiceRanker(classifying, open.LoadTokenizer());
                await foreach (var parts in inputs)
                {
                    var choices = parts[1..];
                    if (choices.Length == 0)
                        throw new UsageException("found no choices; expected a prompt and its choices, because this is a multiple-choice model");
                    var ranked = await Task.Run(() => ranker.Rank(parts[0], choices), stopping);
                    Show([.. choices.Zip(ranked, (c, p) => new ScoredLabel(c, p)).OrderByDescending(c => c.Score).Take(shown)], asJson, "choices", "choice");
                }
                break;
            case ModelHead.TokenClassification:
                var tagger = new EntityTagger(classifying, open.LoadTokenizer());
                await foreach (var parts in inputs)
                {
                    var (entities, left) = await Task.Run(() => tagger.Tag(Only(parts, 1)[0]), stopping);
                    Count(left);
                    EntityText.Show(terminal.Out, entities, asJson);
                }
                break;
            case ModelHead.SequenceClassification when RewardScale.IsIn(open.FolderPath):
                var (reward, name) = (RewardModel.Of(open), open.Config.Task!.Labels[0]);
                await foreach (var parts in inputs)
                {
                    var input = parts.Length == 2 ? reward.Encode(parts[0], parts[1])
                        : throw new UsageException($"{parts.Length} text(s) found; expected a prompt and an answer, because this is a reward model");
                    Count(input.Cut);
                    Show([new ScoredLabel(name, (await Task.Run(() => reward.Score([input], stopping), stopping))[0])], asJson, "labels", "label");
                }
                break;
            default:
                var classifier = new TextClassifier(classifying, open.LoadTokenizer());
                await foreach (var found in classifier.Classify(inputs.Select(parts => (Only(parts, 2)[0], parts.Length > 1 ? parts[1] : null)), stopping))
                {
                    Count(found.Cut);
                    Show([.. found.Labels.Take(shown)], asJson, "labels", "label");
                }
                break;
        }
        InputLines.ReportCut(terminal, cut.Texts, cut.Tokens, open.Model.Context);
        return ExitCode.Done;

        void Count(int left) => cut = (cut.Texts + (left > 0 ? 1 : 0), cut.Tokens + left);
    }

    static string[] Only(string[] parts, int most) => parts.Length <= most ? parts
        : throw new UsageException($"{parts.Length} texts found; expected {(most == 1 ? "one" : "one, or a pair")} for this model");

    /// <summary>Writes one line per text: score and name of each label, the best first.</summary>
    void Show(IReadOnlyList<ScoredLabel> found, bool asJson, string plural, string singular)
    {
        if (!asJson)
        {
            terminal.Out.WriteLine(string.Join('\t', found.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Score:0.0000} {l.Label}"))));
            return;
        }
        JsonLine.Write(terminal.Out, fields =>
        {
            fields.WriteStartArray(plural);
            foreach (var (label, score) in found)
            {
                fields.WriteStartObject();
                fields.WriteString(singular, label);
                fields.WriteNumber("score", score);
                fields.WriteEndObject();
            }
            fields.WriteEndArray();
        });
    }
}
