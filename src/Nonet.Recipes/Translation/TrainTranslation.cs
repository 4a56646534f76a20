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
using Nonet.Tensors.Autograd;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.Translation;

/// <summary>
/// Trains an encoder-decoder on sentences and their translations: batches by tokens, label smoothing, a schedule with warm-up, and the
/// average of the last checkpoints. Vaswani et al. 2017, section 5. The bits of the result depend only on the options and the text.
/// </summary>
public static class TrainTranslation
{
    /// <summary>Trains a model.</summary>
    /// <param name="options">Settings that determine the result.</param>
    /// <param name="text">Pairs for training and held-out pairs.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="where">
    /// Run folder, threads, reports. The run keeps as many checkpoints as it averages, and one more if an interruption saved it between them.
    /// </param>
    /// <param name="progress">Receives every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="start">Initial weights; null: random.</param>
    /// <param name="stopping">Cancelling drops the current update, saves a checkpoint of the last one and returns.</param>
    public static TrainingResult Run(
        TranslationOptions options, TranslationText text, Device device, RunOptions where, IProgress<RunEvent>? progress = null, IWeightSource? start = null,
        CancellationToken stopping = default)
    {
        options.Check();
        using var parameters = new ParameterStore(device);
        var model = (IEncoderDecoder)options.Model.Create(parameters.Root);
        model.Checkpointing = options.GradientCheckpointing;
        var batches = new PairBatches(text.Train, options.BatchTokens, options.Seed);
        using var run = new TrainingRun(options, parameters, text.Tokenizer, where with { Keep = Math.Max(where.Keep, options.Average + 1) }, progress,
            Identity(text), start);

        try
        {
            run.Begin(string.Create(CultureInfo.InvariantCulture,
                $"about {(long)options.BatchTokens * options.Accumulate:N0} tokens per side, {batches.PerEpoch:N0} batches per epoch"));
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate()))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, pairs) = (0.0, Read(step + 1));
                var targets = pairs.Sum(part => part.Sum(i => (long)text.Train.Target(i).Length));
                for (var part = 0; part < pairs.Length; part++)
                {
                    stopping.ThrowIfCancellationRequested();
                    using var scope = new TensorScope(); // buffers of this micro-batch
                    using var tape = new Tape();
                    var batch = PairBatch.Of(device, text.Train, pairs[part], model.StartToken).With(run.KeyOf(part));
                    loss += MicroBatch.Backward(tape, model.Loss(batch, (float)options.Smoothing), (double)batch.Target.Tokens / targets);
                }
                run.Update(loss, pairs.Length, targets + pairs.Sum(part => part.Sum(i => (long)text.Train.Source(i).Length)));
            }
            run.Finish();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            run.Interrupt();
        }
        catch (Exception e)
        {
            run.Fail(e);
            throw;
        }
        var result = run.Result();
        return result.Interrupted ? result : result with { Averaged = Average() };

        int[][] Read(int update)
        {
            using var timing = run.TimeReading();
            return [.. Enumerable.Range(0, options.MicroBatches(update)).Select(part => batches[run.BatchOf(part)].ToArray())];
        }

        Measurement Evaluate()
        {
            using var average = run.WithAverage();
            var loss = HeldOut.Evaluate(model, text.HeldOut, stopping: stopping);
            return new Measurement(loss.NatsPerToken, loss.BitsPerByte(text.HeldOut.TargetBytes)) { Scores = options.Bleu ? [new("bleu", BleuNow())] : [] };
        }

        double BleuNow()
        {
            var translator = new Translator(model, text.Tokenizer, new TranslatorOptions { Beam = 1 });
            string[] hypotheses =
                [.. translator.Translate(text.HeldOutTexts.Select(p => p.Source), stopping).ToBlockingEnumerable(CancellationToken.None).Select(t => t.Text)];
            return new Bleu().Corpus(hypotheses, [.. text.HeldOutTexts.Select(p => p.Target)]).Score;
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

    /// <summary>Identity of the pairs, which checkpoints store.</summary>
    static JsonObject Identity(TranslationText text) => new()
    {
        ["text"] = new JsonObject
        {
            ["train_pairs"] = text.Train.Count,
            ["train_source_tokens"] = text.Train.SourceTokens,
            ["train_target_tokens"] = text.Train.TargetTokens,
            ["held_out_target_tokens"] = text.HeldOut.TargetTokens,
            ["tokenizer"] = text.Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        },
    };
}

/// <summary>Data of a translation model.</summary>
/// <param name="Tokenizer">Tokenizer of both sides.</param>
/// <param name="Train">Pairs for training.</param>
/// <param name="HeldOut">Held-out pairs.</param>
/// <param name="HeldOutTexts">The held-out pairs as texts.</param>
public sealed record TranslationText(Tokenizer Tokenizer, TokenPairs Train, TokenPairs HeldOut, IReadOnlyList<(string Source, string Target)> HeldOutTexts);
