using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data.Pairs;
using Nonet.Evaluation;
using Nonet.Evaluation.Translation;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Losses;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.Translation;

/// <summary>
/// Trains an encoder-decoder on sentences and their translations: batches by tokens, label smoothing, the schedule with warm-up, the mean of the last checkpoints. Vaswani et al. 2017,
/// section 5. The bits depend on options and text alone.
/// </summary>
public static class TrainTranslation
{
    /// <param name="options">What determines the result.</param>
    /// <param name="text">Pairs to train on and to hold out.</param>
    /// <param name="device">Where the model is trained.</param>
    /// <param name="where">Run folder, threads, reports; as many checkpoints are kept as are averaged, and one that a stop left between them.</param>
    /// <param name="progress">Told of every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint after the step at hand and returns.</param>
    public static TrainingResult Run(
        TranslationOptions options, TranslationText text, Device device, RunOptions where, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        options.Check();
        using var parameters = new ParameterStore(device);
        var model = (IEncoderDecoder)options.Model.Create(parameters.Root);
        model.Checkpointing = options.GradientCheckpointing;
        var batches = new PairBatches(text.Train, options.BatchTokens, options.Seed);
        using var run = new TrainingRun(options, Recorded(options, text), device, parameters, text.Tokenizer, where with { Keep = Math.Max(where.Keep, options.Average + 1) }, progress);

        run.Run($"about {((long)options.BatchTokens * options.Accumulate).ToString("N0", CultureInfo.InvariantCulture)} tokens a side, {batches.PerEpoch.ToString("N0", CultureInfo.InvariantCulture)} batches an epoch", () =>
        {
            while (run.Goes(stopping))
            {
                run.Begin();
                var (loss, parts) = (0.0, options.MicroBatches(run.Next));
                var pairs = run.Read(() => Enumerable.Range(0, parts).Select(part => batches[run.State.Batches + part].ToArray()).ToArray());
                var targets = pairs.Sum(part => part.Sum(i => (long)text.Train.Target(i).Length));
                for (var part = 0; part < parts; part++)
                {
                    using var scope = new TensorScope(); // this part's buffers
                    var batch = PairBatch.Of(device, text.Train, pairs[part], model.StartToken).With(run.KeyOf(part));
                    loss += MicroBatch.Backward(batch.Target.Tokens, targets, () => model.Loss(batch, (float)options.Smoothing));
                }
                if (run.Update(loss, parts, targets + pairs.Sum(part => part.Sum(i => (long)text.Train.Source(i).Length))))
                    run.EvaluateAndSave(Evaluate);
            }
            run.Complete(Evaluate);
        });
        return run.Result() with { Averaged = run.Goes(CancellationToken.None) ? null : Average() };

        Evaluation Evaluate()
        {
            var loss = HeldOut.Evaluate(model, text.HeldOut);
            return new Evaluation(loss.NatsPerToken, loss.BitsPerByte(text.HeldOut.TargetBytes)) { Scores = options.Bleu ? [new("bleu", BleuOf(stopping))] : [] };
        }

        double BleuOf(CancellationToken stopping)
        {
            var translator = new Translator(model, text.Tokenizer, new TranslatorOptions { Beam = 1 });
            try
            {
                string[] hypotheses = [.. translator.Translate(text.HeldOutTexts.Select(p => p.Source), stopping).ToBlockingEnumerable(CancellationToken.None).Select(t => t.Text)];
                return new Bleu().Corpus(hypotheses, [.. text.HeldOutTexts.Select(p => p.Target)]).Score;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return double.NaN; // the run ends here, and its checkpoint is to be saved
            }
        }

        string? Average()
        {
            if (options.Average == 1)
                return null;
            var folder = Path.Combine(run.FullPath, WeightAverage.FolderName);
            WeightAverage.Save([.. run.Checkpoints.All.TakeLast(options.Average)], folder, device);
            return folder;
        }
    }

    /// <summary>The options and what identifies the pairs, as checkpoints keep them.</summary>
    static JsonObject Recorded(TranslationOptions options, TranslationText text)
    {
        var recorded = options.ToJson();
        recorded["text"] = new JsonObject
        {
            ["train_pairs"] = text.Train.Count,
            ["train_source_tokens"] = text.Train.SourceTokens,
            ["train_target_tokens"] = text.Train.TargetTokens,
            ["held_out_target_tokens"] = text.HeldOut.TargetTokens,
            ["tokenizer"] = text.Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        };
        return recorded;
    }
}

/// <summary>What a translation model is trained on.</summary>
/// <param name="Tokenizer">Of both sides.</param>
/// <param name="Train">Pairs to train on.</param>
/// <param name="HeldOut">Pairs to measure on.</param>
/// <param name="HeldOutTexts">The same as texts.</param>
public sealed record TranslationText(Tokenizer Tokenizer, TokenPairs Train, TokenPairs HeldOut, IReadOnlyList<(string Source, string Target)> HeldOutTexts);
