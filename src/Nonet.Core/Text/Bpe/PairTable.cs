namespace Nonet.Text.Bpe;

/// <summary>Numbers pairs of token ids in the order in which they are added. A hash table with open addressing.</summary>
sealed class PairTable
{
    long[] keys = new long[1024]; // stored plus one; 0 marks a free slot
    int[] numbers = new int[1024];

    public int Count { get; private set; }

    /// <summary>The number of a pair; -1 if it was never added.</summary>
    public int Find(int left, int right)
    {
        var key = Key(left, right);
        for (var at = Home(key); ; at = (at + 1) & (keys.Length - 1))
        {
            if (keys[at] == key)
                return numbers[at];
            if (keys[at] == 0)
                return -1;
        }
    }

    /// <summary>The number of a pair. A new pair is added.</summary>
    public int Add(int left, int right)
    {
        if (2 * Count >= keys.Length)
            Grow();
        var key = Key(left, right);
        for (var at = Home(key); ; at = (at + 1) & (keys.Length - 1))
        {
            if (keys[at] == key)
                return numbers[at];
            if (keys[at] == 0)
            {
                keys[at] = key;
                return numbers[at] = Count++;
            }
        }
    }

    void Grow()
    {
        var (oldKeys, oldNumbers) = (keys, numbers);
        (keys, numbers) = (new long[2 * oldKeys.Length], new int[2 * oldKeys.Length]);
        for (var i = 0; i < oldKeys.Length; i++)
        {
            if (oldKeys[i] == 0)
                continue;
            var at = Home(oldKeys[i]);
            while (keys[at] != 0)
                at = (at + 1) & (keys.Length - 1);
            (keys[at], numbers[at]) = (oldKeys[i], oldNumbers[i]);
        }
    }

    static long Key(int left, int right) => ((long)left << 32 | (uint)right) + 1;

    int Home(long key) => (int)((ulong)key * 0x9E3779B97F4A7C15 >> 32) & (keys.Length - 1);
}
