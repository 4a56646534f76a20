using System.Globalization;
using Nonet.Data.Pairs;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Models.EncoderDecoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Translation;

/// <summary>The training of a translation model as data: task translate.</summary>
public sealed record TranslationRecipe : TrainingRecipe
{
    internal const string TaskName = "translate";
    const string TokenizerFolder = "tokenizer";

    /// <summary>A checkpoint to start from: its model, tokenizer and weights are taken. Null: the weights are drawn.</summary>
    public string? From { get; init; }

    /// <summary>Sentences and their translations.</summary>
    public required TranslationData Data { get; init; }

    /// <summary>Everything else that determines the result; the model is put in when the tokenizer is known.</summary>
    public required TranslationOptions Training { get; init; }

    public override string Next => "echo TEXT | nonet translate RUN";

    internal override string? Example => ExampleText.Of(ParallelText.Read(Data.Train).Pairs.Take(100).Select(p => p.Source), words: 12);

    /// <summary>The options with the model in them.</summary>
    /// <param name="tokenizer">Its ids are the model's, and its padding mark, else its end mark, begins targets.</param>
    internal TranslationOptions OptionsFor(Tokenizer tokenizer)
    {
        if (From is { } from)
            return Training with { Model = StartModel.Open(from).Config };
        var model = Model.Vocab == 0 ? Model with { Vocab = tokenizer.Vocab } : Model;
        if (model is TransformerConfig { StartToken: < 0 } transformer)
            model = transformer with { StartToken = tokenizer.IdOf("<pad>") ?? tokenizer.EndOfText };
        return Training with { Model = model };
    }

    internal override YamlMappingNode Write() => TranslationSections.Recipe.Write(this);

    internal override void Check()
    {
        if (From is null && ReferenceEquals(Model, TranslationSections.Unset))
            throw new ArgumentException("model: found nothing; expected a model: kind, layers, width, heads, context; or from: a checkpoint to start from");
        var model = From is { } from ? StartModel.Open(from).Config : Model.Vocab == 0 ? Model with { Vocab = 1 << 24 } : Model;
        if (model is TransformerConfig { StartToken: < 0 } transformer)
            model = transformer with { StartToken = 0 };
        model.Check();
        (Training with { Model = model }).Check();
        CheckTokenizer();
        Data.Check();
    }

    internal override TrainingOptions Sized()
    {
        if (From is { } from)
            return Training with { Model = StartModel.Open(from).Config };
        var model = Model.Vocab == 0 ? Model with { Vocab = Tokenizer.Vocab } : Model;
        return Training with { Model = model is TransformerConfig { StartToken: < 0 } transformer ? transformer with { StartToken = 0 } : model };
    }

    internal override TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (train, heldOut) = Data.Read();
        var tokenizer = OpenTokenizer(train, where, progress, stopping);
        var options = OptionsFor(tokenizer);
        var (trainPairs, heldOutPairs) = (Encode(train), Encode(heldOut));
        progress?.Report(new StageStarted("pairs", string.Create(CultureInfo.InvariantCulture,
            $"{trainPairs.Count:N0} to train on ({trainPairs.SourceTokens:N0} source and {trainPairs.TargetTokens:N0} target tokens), {heldOutPairs.Count:N0} held out")));
        if (train.Dropped + heldOut.Dropped is > 0 and var dropped)
            progress?.Report(new StageStarted("passed over", string.Create(CultureInfo.InvariantCulture, $"{dropped:N0} pair(s) with an empty side")));
        if (trainPairs.Cut + heldOutPairs.Cut is > 0 and var cut)
            progress?.Report(new StageStarted("cut", string.Create(CultureInfo.InvariantCulture, $"{cut:N0} pair(s) with a side of more than {options.Model.MaxLength:N0} tokens, the model's context")));
        return TrainTranslation.Run(options, new TranslationText(tokenizer, trainPairs, heldOutPairs, heldOut.Pairs), device, where, progress, stopping, From is { } from ? StartModel.Open(from).Weights : null);

        TokenPairs Encode(TranslationPairs pairs) => TokenPairs.Encode(pairs.Pairs, tokenizer, options.Model.MaxLength, where.Threads, stopping);
    }

    /// <summary>One vocabulary of both sides: that of a folder, or one trained on sources and targets.</summary>
    Tokenizer OpenTokenizer(TranslationPairs train, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var trained = Path.Combine(where.Out, TokenizerFolder);
        var tokenizer = From is { } from ? Text.Tokenizer.Load(Checkpoints.ModelPath.Resolve(from))
            : Tokenizer.Folder is { } given ? Text.Tokenizer.Load(given)
            : Tokenizer.Train is not { } options ? new ByteTokenizer()
            : where.Resume && Text.Tokenizer.IsIn(trained) ? Text.Tokenizer.Load(trained)
            : RecipeText.TrainTokenizer(train.Pairs.SelectMany(p => new[] { p.Source, p.Target }), options, trained, where.Threads, progress, stopping);
        if (!tokenizer.HasEndOfText)
            throw new MalformedFileException(From ?? Tokenizer.Folder!, "no end mark in the tokenizer", "one that names its eos_token in tokenizer_config.json: targets end with it");
        if (From is null && Model.Vocab != 0 && Model.Vocab < tokenizer.Vocab)
            throw new ArgumentException($"model.vocab is {Model.Vocab}: at least the tokenizer's {tokenizer.Vocab} is needed");
        return tokenizer;
    }
}
