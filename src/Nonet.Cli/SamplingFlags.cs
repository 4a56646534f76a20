using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Text;

namespace Nonet.Cli;

/// <summary>The sampling options of a text.</summary>
sealed class SamplingFlags
{
    readonly Option<int?> maxTokens = Flags.Whole("--max-tokens", "Maximum number of tokens to generate.", 0, otherwise: 256);
    readonly Option<double?> temperature =
        Flags.Number("--temperature",
        "Divides the logits; 0 always takes the most likely token. By default the value in the model's generation_config.json, otherwise 0.8.",
        "a number of at least 0", x => x >= 0);
    readonly Option<int?> topK = Flags.Whole("--top-k", "Sample only from the K most likely tokens.", 1);
    readonly Option<double?> topP =
        Flags.Number("--top-p", "Sample only from the most likely tokens whose probabilities sum to P.",
            "a number above 0 and at most 1", x => x is > 0 and <= 1);
    readonly Option<double?> minP =
        Flags.Number("--min-p", "Sample only from tokens that are at least P times as likely as the most likely one.",
            "a number from 0 to 1", x => x is >= 0 and <= 1);
    readonly Option<double?> repetition =
        Flags.Number("--repetition-penalty", "Above 1: tokens of the prompt and of the text so far become less likely.", "a number above 0", x => x > 0);
    readonly Option<double?> typical =
        Flags.Number("--typical-p", "Sample only from the tokens whose surprise is closest to the entropy, up to a total probability of P.",
            "a number above 0 and at most 1", x =>
        x is > 0 and <= 1);
    readonly Option<double?> presence = Flags.Number("--presence-penalty", "Subtracted from the logit of each token that the new text contains.",
        "a number", _ => true);
    readonly Option<double?> frequency =
        Flags.Number("--frequency-penalty", "Subtracted from a token's logit for each time the new text contains it.", "a number", _ => true);
    readonly Option<Dictionary<int, double>> bias =
        new("--logit-bias") { Description = "Added to the logit of a token; -inf forbids it; repeatable.", HelpName = "ID=X", CustomParser = ParseBias };
    readonly Option<double?> dry =
        Flags.Number("--dry", "Scale of the DRY penalty: tokens that would extend a repeated sequence become less likely.", "a number above 0", x => x > 0);
    readonly Option<double?> dryBase =
        Flags.Number("--dry-base", "With --dry: growth of the penalty with each repeated token; by default 1.75.", "a number of at least 1", x => x >= 1);
    readonly Option<int?> dryLength = Flags.Whole("--dry-length", "With --dry: tokens that may repeat without penalty; by default 2.", 1);
    readonly Option<double?> mirostat =
        Flags.Number("--mirostat", "Keep the surprise of the text near X bits per token (Mirostat 2), instead of --top-k, --top-p, --min-p and --typical-p.",
        "a number above 0", x => x > 0);
    readonly Option<double?> mirostatRate =
        Flags.Number("--mirostat-rate", "With --mirostat: learning rate of its cut; by default 0.1.", "a number above 0 and at most 1", x => x is > 0 and <= 1);
    readonly ConstraintFlags constraint = new();
    readonly Option<string[]> stop = new("--stop") { Description = "End before this text; repeatable.", HelpName = "TEXT" };
    readonly Option<ulong?> seed = Flags.Seed("The same seed gives the same text; another one each time by default.");

    public SamplingFlags()
    {
        temperature.Aliases.Add("--temp");
        stop.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError("--stop is empty; expected a text of at least one character");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { maxTokens, temperature, topK, topP, minP, typical, repetition, presence, frequency, bias, dry, dryBase, dryLength,
            mirostat, mirostatRate, stop, seed })
            command.Add(option);
        constraint.AddTo(command);
        command.Validators.Add(RefuseStrayOptions);
    }

    void RefuseStrayOptions(CommandResult result)
    {
        foreach (var (option, needed) in new (Option, Option)[] { (dryBase, dry), (dryLength, dry), (mirostatRate, mirostat) })
        {
            if (result.GetResult(option) is not null && result.GetResult(needed) is null)
                result.AddError($"{option.Name} is given without {needed.Name}, which it belongs to");
        }
        foreach (var option in new Option[] { topK, topP, minP, typical })
        {
            if (result.GetResult(mirostat) is not null && result.GetResult(option) is { Implicit: false })
                result.AddError($"{option.Name} is given together with --mirostat, which cuts the distribution by itself: give one of them");
        }
    }

    static Dictionary<int, double>? ParseBias(ArgumentResult result)
    {
        var biases = new Dictionary<int, double>();
        foreach (var token in result.Tokens)
        {
            if (token.Value.Split('=') is [var id, var x] && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var known)
                && (x == "-inf" ? double.NegativeInfinity : double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                    && double.IsFinite(value) ? value : double.NaN) is var added && !double.IsNaN(added))
                biases[known] = added;
            else
                result.AddError($"--logit-bias is '{token.Value}'; expected a token id and a number, like 198=-5 or 198=-inf");
        }
        return biases;
    }

    /// <summary>Warns if the requested tokens do not fit into the model's context.</summary>
    public void WarnOfContext(Terminal terminal, ParseResult parsed, int prompt, int context)
    {
        if (parsed.GetResult(maxTokens) is { Implicit: false } && parsed.GetValue(maxTokens) is { } most && most > Math.Max(0, context - prompt))
            terminal.Error.WriteLine(
                $"warning: --max-tokens is {most}, but the model's context of {context} tokens has room for {Math.Max(0, context - prompt)} after the "
                + $"prompt; the text ends there");
    }

    /// <summary>Reads the options. Options that are not given come from the model's files.</summary>
    public GenerationOptions Read(ParseResult parsed, GenerationDefaults defaults, Tokenizer tokenizer)
    {
        var theirs = GenerationOptions.For(defaults);
        if (parsed.GetValue(mirostat) is not null)
            theirs = theirs with { Sampler = theirs.Sampler with { TopK = null, TopP = null, MinP = null } };
        return theirs with
        {
            MaxTokens = parsed.GetValue(maxTokens),
            StopTexts = parsed.GetValue(stop) ?? [],
            Constraint = constraint.Read(parsed, tokenizer),
            Sampler = theirs.Sampler with
            {
                Temperature = parsed.GetValue(temperature) ?? theirs.Sampler.Temperature,
                TopK = parsed.GetValue(topK) ?? theirs.Sampler.TopK,
                TopP = parsed.GetValue(topP) ?? theirs.Sampler.TopP,
                MinP = parsed.GetValue(minP) ?? theirs.Sampler.MinP,
                RepetitionPenalty = parsed.GetValue(repetition) ?? theirs.Sampler.RepetitionPenalty,
                Typical = parsed.GetValue(typical),
                PresencePenalty = parsed.GetValue(presence) ?? 0,
                FrequencyPenalty = parsed.GetValue(frequency) ?? 0,
                LogitBias = parsed.GetValue(bias) is { Count: > 0 } biases ? biases : null,
                Dry = parsed.GetValue(dry) is { } scale ? new DryOptions
                {
                    Multiplier = scale,
                    Base = parsed.GetValue(dryBase) ?? 1.75,
                    AllowedLength = parsed.GetValue(dryLength) ?? 2,
                    Breakers = TokenVocabulary.Of(tokenizer).TokensWith(DryOptions.DefaultBreakers),
                } : null,
                Mirostat = parsed.GetValue(mirostat) is { } target ? new MirostatOptions { Target = target, Rate = parsed.GetValue(mirostatRate) ?? 0.1 }
                    : null,
                Seed = parsed.GetValue(seed) ?? (uint)Random.Shared.Next(), // drawn here, so that it can be shown
            },
        };
    }
}
