using System.CommandLine;
using System.Globalization;
using Nonet.Alignment;
using Nonet.Alignment.Comparison;
using Nonet.Alignment.Rewards;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Prompts;
using Nonet.Recipes.Alignment;
using Nonet.Tensors;

namespace Nonet.Cli.Commands;

/// <summary>Lets two models answer the same prompts, and counts which answers a reward model, a function or a judge prefers.</summary>
sealed class WinRateCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = new("MODEL") { Description = "The model that is measured." };
    readonly Argument<string> other = new("OTHER") { Description = "The model that it is compared with, such as the one that it was trained from." };
    readonly Argument<string> prompts =
        new("PROMPTS") { Description = "Prompts: JSON Lines with a field prompt (a text or a list of messages), and a field answer for --answers." };
    readonly Option<string[]> reward = new("--reward")
    {
        Description = "Compare by a reward model that was not trained against; repeatable.",
        HelpName = "MODEL"
    };
    readonly Option<string[]> words = new("--words")
    {
        Description = "Compare by the number of these words that an answer contains, each counted once.",
        HelpName = "WORD",
        AllowMultipleArgumentsPerToken = true,
    };
    readonly Option<bool> answers = new("--answers") { Description = "Compare by whether an answer equals the expected one." };
    readonly Option<int?> best = Flags.Whole("--best-of",
        "MODEL writes this many answers to each prompt, and the one with the highest reward by --select counts.", 2, 4096);
    readonly Option<string?> select = new("--select") { Description = "With --best-of: the reward model that chooses.", HelpName = "MODEL" };
    readonly Option<int?> maxTokens = Flags.Whole("--max-tokens", "Maximum number of tokens in an answer.", 1, otherwise: 256);
    readonly Option<double?> temperature = Flags.Number("--temperature", "Divides the logits; 1 by default.", "a number of at least 0", x => x >= 0);
    readonly Option<string?> template = TuneFlags.MakeTemplate();
    readonly Option<int?> limit = Flags.Whole("--limit", "Maximum number of prompts; all by default.", 1);
    readonly Option<ulong?> seed = Flags.Seed("Seed of the answers; 0 by default.");
    readonly EndpointFlags judge = new();
    readonly Option<string?> page = new("--out") { Description = "Write a page with the answers side by side.", HelpName = "FILE.html" };
    readonly Option<bool> json = Flags.MakeJson();

    public WinRateCommand(Terminal terminal) : base("winrate", "Compare the answers of two models: by a reward model, a function, or a judge at an endpoint.")
    {
        this.terminal = terminal;
        foreach (var argument in new[] { model, other, prompts })
            Add(argument);
        foreach (var option in new Option[] { reward, words, answers, best, select, maxTokens, temperature, template, limit, seed, page, json })
            Add(option);
        judge.AddTo(this);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        if ((parsed.GetValue(best) is null) != (parsed.GetValue(select) is null))
            throw new UsageException("--best-of and --select belong together: give the number of answers and the reward model that chooses among them");
        var endpoint = judge.Open(parsed, ChatMode.Text);
        using var owned = endpoint?.Owned;
        var rewards = Rewards(parsed, device);
        try
        {
            if (rewards.Count == 0 && endpoint is null)
                throw new UsageException("nothing to compare by: give --reward MODEL, --words WORD, --answers, or --endpoint URL of a judge");
            Prompt[] asked = [.. Prompt.Read(parsed.GetRequiredValue(prompts)).Take(parsed.GetValue(limit) ?? int.MaxValue)];
            var (own, others) = (Write(parsed, parsed.GetRequiredValue(model), asked, device, isFirst: true, stopping),
                Write(parsed, parsed.GetRequiredValue(other), asked, device, isFirst: false, stopping));
            var measures = new List<ComparedBy>();
            foreach (var by in rewards)
                measures.Add(new ComparedBy(by.Name, WinRate.Of(WeightedRewards.Finite(by, own, stopping), WeightedRewards.Finite(by, others, stopping))));
            string[] questions = [.. asked.Select(p => p.Text)], first = [.. own.Select(r => r.Text)], second = [.. others.Select(r => r.Text)];
            if (endpoint is { } named)
            {
                var judged = await new Judge(named.Model).Compare(questions, first, second, stopping);
                measures.Add(new ComparedBy($"the judge {named.Model.Name}", WinRate.Of([.. judged.Select(j => j.Outcome)]),
                    string.Create(CultureInfo.InvariantCulture,
                    $"{100.0 * judged.Count(j => j.IsConsistent) / judged.Length:0} % the same with positions swapped, {judged.Sum(j => j.Unread):N0} "
                        + $"replies without a verdict")));
            }
            if (parsed.GetValue(page) is { } file)
                WinRatePage.Write(file, parsed.GetRequiredValue(model), parsed.GetRequiredValue(other), measures, questions, first, second);
            Show(parsed, measures, asked.Length);
            return ExitCode.Done;
        }
        finally
        {
            rewards.ForEach(r => r.Dispose());
        }
    }

    List<IReward> Rewards(ParseResult parsed, Device device)
    {
        var rewards = new List<IReward>();
        foreach (var path in parsed.GetValue(reward) ?? [])
            rewards.Add(new ModelRewardSource { Path = path, Name = path }.Open(device));
        if (parsed.GetValue(words) is { Length: > 0 } some)
            rewards.Add(new WordReward("words", some));
        if (parsed.GetValue(answers))
            rewards.Add(new AnswerReward("answers", new() { Kind = AnswerKind.Text }));
        return rewards;
    }

    Response[] Write(ParseResult parsed, string path, Prompt[] asked, Device device, bool isFirst, CancellationToken stopping)
    {
        using var open = terminal.Open(path, device, null);
        var count = isFirst ? parsed.GetValue(best) ?? 1 : 1;
        var options = new RolloutOptions
        {
            MaxTokens = parsed.GetValue(maxTokens) ?? 256,
            Temperature = parsed.GetValue(temperature) ?? 1,
            Seed = parsed.GetValue(seed) ?? 0
        };
        var format = new InstructionFormat(open.File, parsed.GetValue(template));
        using var rollouts = new Rollouts(open.Decoder, new PromptLayout(format.Tokenizer, format.Template), open.Model.Context, asked.Length * count,
            open.File.Defaults.EndTokens);
        var written = rollouts.Write([.. asked.SelectMany(p => Enumerable.Repeat(p, count))], options, isFirst ? 0 : 1L << 40, stopping);
        if (count == 1)
            return written;
        using var chooser = new ModelRewardSource { Path = parsed.GetValue(select)! }.Open(device);
        var scores = WeightedRewards.Finite(chooser, written, stopping);
        return [.. Enumerable.Range(0, asked.Length).Select(i => written[i * count + BestOfN.Of(scores.AsSpan(i * count, count))])];
    }

    void Show(ParseResult parsed, List<ComparedBy> measures, int count)
    {
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("prompts", count);
                fields.WriteStartArray("measures");
                foreach (var (name, rate, note) in measures)
                {
                    fields.WriteStartObject();
                    fields.WriteString("by", name);
                    foreach (var (field, value) in new[] { ("rate", rate.Rate), ("low", rate.Interval.Low), ("high", rate.Interval.High), ("p", rate.PValue) })
                        fields.WriteNumber(field, value);
                    foreach (var (field, value) in new[] { ("wins", rate.Wins), ("ties", rate.Ties), ("losses", rate.Losses) })
                        fields.WriteNumber(field, value);
                    if (note is not null)
                        fields.WriteString("note", note);
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return;
        }
        foreach (var (name, rate, note) in measures)
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"by {name}: wins {100 * rate.Rate:0.0} % of {count:N0} prompts ")
                + string.Create(CultureInfo.InvariantCulture,
                    $"(95 %: {100 * rate.Interval.Low:0.0} to {100 * rate.Interval.High:0.0}), p {rate.PValue:0.0e0}: ")
                + string.Create(CultureInfo.InvariantCulture,
                    $"{rate.Wins:N0} won, {rate.Ties:N0} tied, {rate.Losses:N0} lost{(note is null ? "" : $"; {note}")}"));
        }
    }
}
