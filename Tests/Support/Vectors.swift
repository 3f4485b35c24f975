// Keys and tokens that were made once. The tokens, except those of RFC 7515, name the own workspace's admin, and expire
// an hour after `TestStore.now`.
// swift-format-ignore-file

public enum Vectors {
    /// The modulus of the RSA key in RFC 7515 A.2; the next constant is that section's token.
    public static let rfcModulus = """
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
        T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
        dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
        GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ
        """
    public static let rfcRS256 = """
        eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
        yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt\
        _O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb\
        1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI\
        8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
        """
    /// The first coordinate of the key in RFC 7515 A.3; the next constants are the second one and that section's token.
    public static let rfcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    public static let rfcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    public static let rfcES256 = """
        eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
        yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU\
        1Q
        """
    /// The modulus of an RSA key of 2,048 bits, made for these tests; its private half was thrown away. Its JWK has the
    /// id `rsa-1`.
    public static let modulus = """
        tFSfDQLWI1sQwCkIUyBBIFERqYr5iZhosR6RTGd3s8Krxc4e4CFdRaIvbX7dsfatr00tWMMzMO29qSnDF2dkCEVA2CmkIOcpje5o\
        hU7ggmmrMJBCu7alckJSLrNHOYU63zvB_Nd6dtw423G3nGKR1a2xuGPkbA38sjsXF40EfeXDl1a-IsmW09K6EUQd6fLlroH7FZJK\
        oWLojen_JdlX5YXSzprVINc0gsgMaHT9NnYN_0Nc_zCKVfkmnqVlrXY1wkZV9wE4oCRo-00qlyS51TY3VbyHHCcqrfKXNnisGfwM\
        LvfoJmhRJGOg_Vd-jANdBb_cnx-lXMmblEEN7Lyx6Q
        """
    public static let exponent = "AQAB"
    public static let pem = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtFSfDQLWI1sQwCkIUyBB
        IFERqYr5iZhosR6RTGd3s8Krxc4e4CFdRaIvbX7dsfatr00tWMMzMO29qSnDF2dk
        CEVA2CmkIOcpje5ohU7ggmmrMJBCu7alckJSLrNHOYU63zvB/Nd6dtw423G3nGKR
        1a2xuGPkbA38sjsXF40EfeXDl1a+IsmW09K6EUQd6fLlroH7FZJKoWLojen/JdlX
        5YXSzprVINc0gsgMaHT9NnYN/0Nc/zCKVfkmnqVlrXY1wkZV9wE4oCRo+00qlyS5
        1TY3VbyHHCcqrfKXNnisGfwMLvfoJmhRJGOg/Vd+jANdBb/cnx+lXMmblEEN7Lyx
        6QIDAQAB
        -----END PUBLIC KEY-----

        """
    /// The modulus of an RSA key of 1,024 bits.
    public static let smallModulus = """
        mHFO7EC1IegkdkDGosYw4qEVTMdLQ5HUlMMKYZzt_tuldrbbI1oNHv8UswXFXnLhJ3kbm7ldWqdRhkbzmngNhRtKLUNlTlcZZSG2\
        qfsES1tyNDNCa2XTWGoRu6nZhh2suKDtNwCKtt88lO978vaV3iPYhfnhFkHJfKYKFmD3E-s
        """
    /// The first coordinate of a key on P-256. Its JWK has the id `ec-1`.
    public static let x = "U6VH1piq4uXa-_9a6NHMnZrQRq5rdEgiIjNTzVSErso"
    public static let y = "5OMm_IXSG-F_qUp55n4CQVBylzCa4V1H62rk_YVbHwI"
    /// The first coordinate of a point on P-384.
    public static let x384 = "3uzvm46qjHY_fWmm6VZiNXBY0jCQb5VGYIKRi2UiTaSJ7OhpkSWBnn5XNHDJ7i49"
    public static let y384 = "OEDEuSlPdLJXtBDGyiW33x_lu_fo35QSfg82zmokQgmKbrkBStD0cvGNAJxff7ha"
    public static let rs256 = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9h\
        dXRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIs\
        ImV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.XqNlw\
        w8P1wZrJnoKnmItRJfCQ7iXbIAfhYD59Kp4xhx416l2uIS_NJ43S_2gdTxQL3GaTG2ac8TwxLasNhjgmxDBoK_S88YMDFfKkV48o\
        NzCERLBmK-qQq0avsTIkR-SehssGTmaP_WLQIWgPOnHg2heosh5ATQWAY1oDtXwTJis9GEWUTgdDBzkvsUqOL48xxNbDtC9abkUA\
        4q_m9VGE102IWVytE7gILP63eShHMvHUrZF_VRvUnP4jcZQs6q_RqO27zGn7SeZe7pF1zy7_sAo7DmeVQYWsgm31ZGfuoiXKaG48\
        QwbUznUSTDImobAJzrNacN9w8vdRnt32SO-JQ
        """
    public static let rs256WithoutKeyID = """
        eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDA\
        wMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc\
        2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.K5VFaz29rlQ2sbobTKMQ0jNamq3889lBQPIPKh22\
        4rkmICCfpuqvjWVsFAntFAGhxMEJf46Fmdi5nH58EVen0ueTH_Urvv7E8HXUaawkaLugH303xSokJSZjZ9v87KyyCEP9e6pAa1YH\
        n44UldiL55LkffAaksA19Jc10TO08OMC9njKPOQum0lDPZmKgXQOhuMxsELFjF2eNo4JaQh1JwixvGSlJElvfQwVdFT_2LWOfyyq\
        CsCuXJeLSxMDKiYdxtmUJL9U_-q_0LG-oqmxnqHeDALxxhWmpibN4zBA90AgqFLVhFJUnizxfCTRjM2dFnkQcAmbp5SWPcuMCNsd\
        7Q
        """
    public static let rs256OtherKeyID = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0yIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.lOkPkiKkcUfpeDhA8CsTW\
        pGD5WvI51hX6nbLKuW1zdsFjDNv4h4lxL05q_shUAdBBFRugmb7_vaJMF6fGB2SNfyDZcWsG3h-6rDOpMW-IxIY79c1Tw0i6r33R\
        ruDsJBkPEd1soAofw676RoDeqnWbFcvgJeQ7xS0Qr9qnMLk1kBPviMDoF6Wj9egqgaJzHDSxClYkrWPTsJUPMUIfal2ZPfwfVK0t\
        1VDC9I67pWtA_lB3wLnLJI7Oa8tegSSzxo7SiKTATjQ9_sRKYAjzZc-1zDoewNMnN0FyX2CSyYsM9s9pO3S0vbbqjCB900pGo-xS\
        qbpOzG7xw2TtMZwJ63x6Q
        """
    public static let rs256KeyIDOfTheCurve = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.SlmEZlwl8pU1Oyg6pbGN6K\
        w4yzEAgAc7PlzQ_qQhbFCoKM-3MVNnRnvEJ-3UlThWMbEJeEQ401mfHeTgM5fjfkN0kX1qgT6E8Oachcm3IGaJTyJEDIxvOsOddL\
        1wztRemeHge0Tc8E0fMTUkB5HYavvDTOw5pVIUd6TJ-6Gl_fhvZWvujURyVeRHo1jeAZE6ogCsXJ8aEDAjGN00rAqdE2I3E-j-kH\
        nQIv1tdB_r3D10x6R8IzBiZlRJa9WkBFeUxr3mQk10ZRdgQ7FgbkieS6viiW1LCgvLkns2L_p0OdDgdJ8p3yYKTMc7Vcx8d9FgtZ\
        h_yWmHE2i4t9FtAtBZBA
        """
    /// Signed by an RSA key that is in no key set.
    public static let rs256Stranger = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.rc7luP90oyM4BbtZcAlFi\
        abqoP4brf3GYfZRqtH8cdcmmeEvLbDq2Yc6mtlrc6o9S8LZYi6WhcqhWQQ7Dwi4YZ0JZBUHTkdfe_6OsICnr718jWshkW5B8UHSn\
        L_TBTQ1OGlocMX4BUyblnxZorPPPqmPG_dIQKhrGeRPSnfnyFVNaZJmgoEZlSb6RsSD14BOcfWddg-XSmMDp0eFu2QAi_EZDID0v\
        lav_lW4aPz9aFkH2-sOdt55wfEdcHLPFMVzuqhbBLo3zT3wIPnvn-njW8G6d70JwVbK0V16wiQHWiFXBl5r0nBBueIOFetxk9-Lr\
        ziaFLSHvgqNc4VqtLE4ww
        """
    public static let rs256Small = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS1zbWFsbCJ9.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiw\
        ic3ViIjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc\
        3NjI1OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.NdZnz6ZYvtIuYgyo\
        B9EhbEVfqa22ltQBpzpm9ErdsyC-_rIC9lK3q02yCAi4wwcLKZchj2NfbmtuuZaI4hpuYLEcHOvGIJ_H0OcSnmnEJ8NGDVrGm6wA\
        H0GSaL3gmtXM-k--GvKIrLFrCideKqtXPOyFdvPuD9QECVi1upgY0lM
        """
    public static let ps256 = """
        eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.Ui5vcLzQ_U_MTIaYlRHuU\
        d89q6WPvmtWgvnBFtTFpvdBFPmVBHiXKF4GU67ukEqILyEV_sh3OhHY0j4hXzJO_wrzJTsPWwYj-t8kRUx0E_Jqudlp_NRqa_IvN\
        dVo9C7Tg4Km9DsSbWB6nBX6KaJX3tr1Kqtb_mhajNXkPGdze2_2iOY2tv8cA2kAHiQGZAdaqCxdHVW3rEzoIwWaGmAPNMw0kZnGY\
        oH96xvR5l4X9N4ZPw9sNbgyJf_PLjn_toEFZCi-5OBQbMaLK__zm16T6G7Njszu2uIX029NNKGCh2cIF3yYBRWtoV5QgbZwYowhn\
        k4vN-m9qzaIwcK1w3hNFg
        """
    /// Signed with RSASSA-PSS, but its header says RS256.
    public static let pssAsRS256 = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.TvuTGbSp6q5xH6C-yWfpw\
        6MWGVXzI5fjtjwIxiSMCDiTPBIS0Ju3eHhJj_x3l6eRzAWUjsJ8fOayNmg6IDxy79SFz0xt3dLHWR4ImZcejAR2_v6wSYWoo6ELj\
        Wd2AJv8-mac8hE0IbsArxxmDPgTH7kNNG3Fo-JuAyT7pl21ZaEGMDzepnFRItD4K0RDaUwu-KZ6UmT2935pOTeLNs8bHKDOrG1hw\
        ZIcKj2S4fCR0BSuTKNQOpoMmUvtTtrbhyp6oqoHN9ZlLmezePwdgj-0pxuwYVdqr-TobhevjaF5NOGC7iTcaEvru-gmvEBHMVLA7\
        BQS3CZjbgp6b6SXjZB3lg
        """
    public static let rs512 = """
        eyJhbGciOiJSUzUxMiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.cnXjGaSdDcBXfbWRAq75Q\
        E0NvO3rj40KeKwZ0fOLbsJp0IaMsdhV4vZlXaZoC8_dpR6Y0pdLBLJ_MpTs8_fadAFw_oAzu67yQ3OqjodfyitturJ-1ZukeQAWW\
        EmX9ZkrvgKvb1G4LXiGd2YRs_MORbbspf1yTnD3ISkh5_F_nRHN3gMkj97cGAOOJdlC3Nn53GS-emmoa3CXVZ3oB8AcfHR0zF9Qn\
        1KJsCwymWdwvU1e8PtQHmHFoXNLOnkbMwgi468u23maKOAyGMYVV3FiSWSLC1nKjWSEyV2B1qbRWs5h7oGHp0GkZ-6-sKVZVsnMz\
        YbNhDae7nmHRHpQBd3AAg
        """
    public static let es256 = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hd\
        XRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsI\
        mV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.wvNZbz\
        sYK8Esha4ygpkFTrJIjXXZBeXCQEfd4IiFE7u6VUbEAa0e5HkbV4ds3MeddfH6iqep08-1xOEtYcAyIw
        """
    public static let es256WithoutKeyID = """
        eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDA\
        wMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc\
        2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.l6Zs8yxfy_gm5tGPchikRXuIFFpKMuyvSPrd9Lef\
        L6vjbUVICYekEPnVvdojkVcBn5vsELGD07KjaS8RauNT2Q
        """
    public static let es256OtherKeyID = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTIifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.sONjk2MhlaJJiHK_M0t_Y4\
        Ybbd7ya064g3hqigKkE2WIrnKJ7cHJ3_z8ssTvTdzkAQ6A3zou9N1ZZaAepblkZA
        """
    /// A signature in ASN.1, although JWS requires R and S.
    public static let es256InASN1 = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.MEUCIQD-Da53_aNBzLpq_c\
        W2UoONd-J_K6C1d5TMMuaPViB6AAIgdHsUTkE2dMng2b-E4ueHSJPRT9DkG6GMfCzF6SVBG6I
        """
    public static let esAsRS256 = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.nMt41E_UqJgsFVdjUn-Sdt\
        W_0fIcJ-OVW9Gfl_A4QG5YxzDg_0D5vObSk-Y_xfGLQ9Rk_Zvtefzm5mh0E7uEtQ
        """
    public static let rsAsES256 = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.ZV1UseqBH-is3xXJPrvTE\
        Ft0qWvJv7bAwI1-IuPgBs4UNnCEuV8LFdBLgWIN9jihR8xBBGKpo2i-5qXo8YME0i9CHfHH88CHtCgUeSBvMDVmC0sb6FYol4M7a\
        0fuFFBYsUDGY-LNfHX7yJtvNTRSW0JAotY3Sg0MbUkMU5WnU1w0GyqpBFqMBCAtRWNWsbd_NNWS7EgEZg2PXk82XVHlaai3vFZZr\
        q8dOpkhlQu73dy-TBTrDYwRuvpDbSeuI-lnaOjhQkVhOHwpja_z-svt5cgHkcuWyNnUSoDckwMhzcq82nCcQaJECF73ozhEw8d5E\
        tSak5nfqX_I3MRF6UABTw
        """
}
