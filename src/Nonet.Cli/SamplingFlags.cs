using System.CommandLine;
using Nonet.Checkpoints;
using Nonet.Inference;

namespace Nonet.Cli;

/// <summary>The options that say how a text is drawn.</summary>
sealed class SamplingFlags
{
    readonly Option<int?> maxTokens = Flags.Whole("--max-tokens", "Most new tokens.", 0, otherwise: 256);
    readonly Option<double?> temperature = Flags.Number("--temperature", "What logits are divided by; 0 takes the likeliest token always. By default as the model's generation_config.json says, else 0.8.", "a number of at least 0", x => x >= 0);
    readonly Option<int?> topK = Flags.Whole("--top-k", "Draw only among the K likeliest tokens.", 1);
    readonly Option<double?> topP = Flags.Number("--top-p", "Draw only among the likeliest tokens whose probabilities sum to P.", "a number above 0 and at most 1", x => x is > 0 and <= 1);
    readonly Option<double?> minP = Flags.Number("--min-p", "Draw only tokens at least P times as likely as the likeliest.", "a number from 0 to 1", x => x is >= 0 and <= 1);
    readonly Option<double?> repetition = Flags.Number("--repetition-penalty", "Above 1: tokens of the prompt and of the text so far become less likely.", "a number above 0", x => x > 0);
    readonly Option<string[]> stop = new("--stop") { Description = "End before this text; as often as needed.", HelpName = "TEXT" };
    readonly Option<ulong?> seed = Flags.Seed("The same seed gives the same text; another one each time by default.");

    public SamplingFlags()
    {
        temperature.Aliases.Add("--temp");
        stop.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError("--stop is empty: a text of at least one character is needed");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { maxTokens, temperature, topK, topP, minP, repetition, stop, seed })
            command.Add(option);
    }

    /// <summary>Says so where the tokens that are asked for do not fit into the model's context.</summary>
    public void WarnOfContext(Terminal terminal, ParseResult parsed, int prompt, int context)
    {
        if (parsed.GetResult(maxTokens) is { Implicit: false } && parsed.GetValue(maxTokens) is { } most && most > Math.Max(0, context - prompt))
            terminal.Error.WriteLine($"warning: --max-tokens is {most}, but the model's context of {context} tokens has room for {Math.Max(0, context - prompt)} after the prompt; the text ends there");
    }

    /// <summary>What is not given is as the model's makers say.</summary>
    public GenerationOptions Read(ParseResult parsed, GenerationDefaults defaults)
    {
        var theirs = GenerationOptions.For(defaults);
        return theirs with
        {
            MaxTokens = parsed.GetValue(maxTokens),
            StopTexts = parsed.GetValue(stop) ?? [],
            Sampler = theirs.Sampler with
            {
                Temperature = parsed.GetValue(temperature) ?? theirs.Sampler.Temperature,
                TopK = parsed.GetValue(topK) ?? theirs.Sampler.TopK,
                TopP = parsed.GetValue(topP) ?? theirs.Sampler.TopP,
                MinP = parsed.GetValue(minP) ?? theirs.Sampler.MinP,
                RepetitionPenalty = parsed.GetValue(repetition) ?? theirs.Sampler.RepetitionPenalty,
                Seed = parsed.GetValue(seed) ?? (uint)Random.Shared.Next(), // known, so that it can be shown
            },
        };
    }
}
