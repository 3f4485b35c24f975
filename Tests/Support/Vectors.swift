// Keys and tokens made once. The tokens are those of the own workspace's admin, good for an hour from `TestStore.now`.
// swift-format-ignore-file

public enum Vectors {
    /// RFC 7515 A.2.
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
    /// RFC 7515 A.3.
    public static let rfcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    public static let rfcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    public static let rfcES256 = """
        eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
        yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU\
        1Q
        """
    /// A key of 2,048 bits, made for these tests with its private half thrown away; its JWK says `rsa-1`.
    public static let modulus = """
        48CVTAxwMx0ic0ENIo37nG-LlXI-ADXrNXlhgEiXZWEIfEoN9RzM-Vg2KcErx_t6f7oWWXfrjwTbb_o7hkjV3nfEKkXjc1sAWitH\
        OZNR5Q9mhBDwljvPrrCFV6Yf-_Mcsxueb9i7jVfjchLooMVXKr0z3exmTpQw6KsQOIYG4QesKxo1qPdMp0HDjkcv-2FDchfgsB8L\
        hYE2SAVmCmdmJcb-3tx4IWCdphVXkAwKgaMsUvZzKhri5FXd1KFdrcScatsCp3pvrKNJJN_sECiVNHldtK536INOUjg2QJOj_Y0g\
        z1jay2FC0AU_R3UUNJnDxw6wtQapoThSzNNhjFwKuw
        """
    public static let exponent = "AQAB"
    public static let pem = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA48CVTAxwMx0ic0ENIo37
        nG+LlXI+ADXrNXlhgEiXZWEIfEoN9RzM+Vg2KcErx/t6f7oWWXfrjwTbb/o7hkjV
        3nfEKkXjc1sAWitHOZNR5Q9mhBDwljvPrrCFV6Yf+/Mcsxueb9i7jVfjchLooMVX
        Kr0z3exmTpQw6KsQOIYG4QesKxo1qPdMp0HDjkcv+2FDchfgsB8LhYE2SAVmCmdm
        Jcb+3tx4IWCdphVXkAwKgaMsUvZzKhri5FXd1KFdrcScatsCp3pvrKNJJN/sECiV
        NHldtK536INOUjg2QJOj/Y0gz1jay2FC0AU/R3UUNJnDxw6wtQapoThSzNNhjFwK
        uwIDAQAB
        -----END PUBLIC KEY-----

        """
    /// An RSA key of 1,024 bits.
    public static let smallModulus = """
        0Iux7_U9BVF6Q_v9Gpv2l8m6rPJjWxQOUZr9cuhbedn_02sk-OMeLZuHOKnI47uLJRR76jLMlQbaYtxmUwpzLkEQacpUZTu_t9_K\
        WRJ0GlMwK7xcIsDRt37UWjZDtgHcgEzX7f4drVWjP1jR4xaSZCPjKY4tfXDkfPRPnLRbFms
        """
    /// A key on P-256; its JWK says `ec-1`.
    public static let x = "URVbm_lmI7nJ5_LT6WDzw5LzKZPOmiLwmhnWBnzFxY8"
    public static let y = "AzX6IW_noaxK55ZtmbXdAypZ3KjDEDSbP6svxet3VQQ"
    /// A point on P-384.
    public static let x384 = "3uzvm46qjHY_fWmm6VZiNXBY0jCQb5VGYIKRi2UiTaSJ7OhpkSWBnn5XNHDJ7i49"
    public static let y384 = "OEDEuSlPdLJXtBDGyiW33x_lu_fo35QSfg82zmokQgmKbrkBStD0cvGNAJxff7ha"
    public static let rs256 = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9h\
        dXRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIs\
        ImV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.i8JzPgGWyjPGL20b_cNCFDGGk-2BSKHO6Ay_\
        PU_fgyffUKYbZtiws4OyGsKeOL6HIU_Bagy0wxHcHFZ6zAMmV4oKiCCB1oNAw57a1RSqM2Npe8ip26r4pX0P9wFs9RXbrH1mcwIM\
        -WEbf0CF4FqkWhZZDycQQ1xQBACl0VGcePNczaO2eECVRNFxtnkiVpUbzMXACXmVQU_ZOzIsAqCN2dv1411qlJeZakxPTHbPxBYw\
        adPuW8_RUxKxBG0rNvZvPqoZST1QmVbAzMj0PukYNEGfgrmnbAce7IWoq4_FGvVdGu7jqGgO8WG_CZ5B6Y6n-7rdAlkFr5sqWdTT\
        XfP7Aw
        """
    public static let rs256WithoutKeyID = """
        eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDA\
        wMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc\
        2MjU2MTQwLCJhYWwiOiJhYWwxIn0.tBh6cCLfTTzMorPp5ERxZGIbCUUaroCsn83VFTGzSzRR_8DrvbX701YweIKcXFB4z9eUsta\
        SWFSBVpEamJX4DllLl983bCjo_9XY235ziXx07KAKM1f0wg3RNsodJlUpnfr_gjc0jyheBnfRBXC6H51DlVPMfr2QZ72hlN-ORdE\
        cGUU1G0wb61mTFxdyNmf9rt3XLX5UrMfNQ0yk-QhJsRh-GZ6vnIMKSpceAHQdyZNUJhPYunFuIjuqUruesxJJXN7RoXbDD6aX9Ng\
        Kw2iXjXkyIojCc0VqXBISIoRHfwCSjzADfSxWvWlvKfj2w-BhCDeywgTsRbduqrhB11ouSw
        """
    public static let rs256OtherKeyID = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0yIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.G0imBDrQEJ_FU6PC9HTazCZC1QGpuHZI1H4dVjW7Mv1RAmblrnlu\
        UZXPv8I3I-QerjJefh9CdqG4Dl848g-U0QVMmssiD6nBlmQcqUC6EiAcurXj30_HqVPPx_uPBXxHWgj_SKk4vv-Hv4Pem7PTx60P\
        UnmhvRltPeSorfdc7I5Epoyphnv75478VkggwCcJlXb1VVu103F7AXFYPNV4E4dN_cMN9rXa7K7o9JBwt3o3reQtbAg_FtOfbAqT\
        V_coqraUe2bVeKjrlpCu4se2m6LqMebvHjWqpfCUnPMunyN0B4uN5mNEp85SeIR-0hq6F9l1mco6ZJB4owjJBytotw
        """
    public static let rs256KeyIDOfTheCurve = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.p4uvFy0SNYNBxZpMfhFzshrE6GskvrphrYJyrmuDIzVwyxtGZOgs7\
        5U2H_DjQNICrjbr8hfD55-ZwHXHq3wMaL8IvhCflN1ihuY0bsN9GNQnKsmBz5r9eBepS4b2_S4RxM1PPAhyil37e6JpH80SPJSgG\
        H91IRlDhEFfGdaJ9aMKPheHK4fxwB9seKQF_gFCbTuXXUUCwzejWzxouUUL4C2XxJbBPFHovQcordq0LcEF8u_jNs9zjI2f0qn_D\
        FEtP9Qtd5uVP1hTVWOCVrgYdJKaCi0RL9KWxbt6Cc4nMcEHMPVIZeq2haoJyEmMV7tBBWQEKEFhKbINLJrGF3CxyA
        """
    /// Signed by an RSA key that nobody knows.
    public static let rs256Stranger = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.UdBp56ZRth-YcnLGlBfp1ktHGGBWDJwK3w9fEiHi6FNiEkGGynKG\
        XFPq1ba9Ad53fLl4xbktHbbRrtM1YdnvHG2AvP5eE70qsuLtYB2f8rifYDZpFvuSibjqV2CoG5-wVdPJeY_wFK0dx9YcPhoePK4F\
        ZPoOexQ0VIJdzaUMwz1W6fKvK5ca_AJOqzC9wW_iwkZEvJ0ZwosTgR06uPlEdWrFu9S_1wz_x_zF5B6jKAhBhMHXolejyazUPtLx\
        SamftZ-IiLh87eNanZ3I7KEJau9QuCK2TJrT9fB5QYLvreQgw-DE5zw4dbvlSnqummGju06pD3Iq-gnZYDSY9k7vww
        """
    public static let rs256Small = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS1zbWFsbCJ9.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiw\
        ic3ViIjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc\
        3NjI1OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.dW0AmLXenJyfGd0SMqlxou8SwIaqHgsun5zgRkPHSW7NZlN\
        araLAXqXgXzY0t2F1F4kfJj2t8KuxBVio05-3N5ijWx_cND-cypvTqAFZJH96Nqlg3lJJLlQAXD7S1Ol_iHEfQcAEemk2kY8Tnw-\
        _lZnV_ifHf4FOUUoTBzxt4-E
        """
    public static let ps256 = """
        eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.hMlM5gOiguoBlewfrW35fEYPEFfBM0qtWrx8kUyjxY8ZwYswdoty\
        ky_NQaAM-q0tOrqF5FzQ7rFIw01bDqiDH5jnpZdjEQR443dOUIkZnnvoMkRCur4F9cuSqiJqODdlAWmU2VQwxRpruQE8-CNr9GU7\
        hZr1O1b1lAANJwhrwNF3yl5yzDTMyZxS0WkOlXktkSCbPH3fvWf2xHq95IXsqDJLS8aAXE1xDVUYH4UvYTg0CPmfMPlgk075PzGm\
        vkcDY61Hm2GArMUZtfr-m2QPRdRYtsC82DfS20r35OY7h8LAMrv03AhjwUdNk1IwWrgkz6h0KyB6Lx3w9KqLjoYcfg
        """
    /// RSASSA-PSS, which calls itself RS256.
    public static let pssAsRS256 = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.cE9Dmi-4Iv6FVwhFsMW2_S9rXoKJGxzAfhAhOfewovieURPdD4no\
        smBG5qV9kpk2YqMT7LAqFXGI5M4jBkSPJco89owMLBzi9ESVR8kg8aQo-zkt20CUZc0ev78W1vTLIgUZJ8Bi_cK9-WO_yYk2Ilq2\
        kJ5rtfJWFuTGTXTOUj4Urp0NZ6_4agj-X2mvjDKD11Layb76SI_h-i8pl1H_2uYPL5vwwIj4rlf5YaJ-BcPuPuUCB3mGNpMWsFZt\
        wpyV9RGGkaeqcGyYeft05BXwyMhlpVas4naT6bDJqFjrolLjhIEJ6A8xW56Nmjd8SR-osyS8dZj-jTKys4mny2wxAQ
        """
    public static let rs512 = """
        eyJhbGciOiJSUzUxMiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.av0GzSeaewPjN3e-tdsFmW8ApyDYMyXasbnaz6flzKJFOJFrVpDt\
        B2F_9X5mKA7ew6CdYlNrQUlCZfeKDvO10MxK9k5kFRqYJorsXAATM7iKcJ9MbFbD7CLXhsw_DcBjWCPMABRg9F4r1huTIwHJp8s4\
        -_fRyXkI5V2bYgKRtFa2jt95Iq6MB1aW10f4oMHg36YjxTL-Z7N48rJNUK6ZQhpnz22dvOKdk1Fmwk3czeRflssUAccc1_n0RK_F\
        KIO_yIQ-sSQ1oO5xc20dIUGra4k93UD4jRJAMju5RApfvqZRFfsIIFhailQWhERVrwC7iqKCu8BRK_Jj9P0SvrTTow
        """
    public static let es256 = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hd\
        XRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsI\
        mV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.fM_qCYAiCS-O_J8dg_-QB117ItTb5ACbDa1_y\
        -D9-M40Kkn6FXXHwi3iXrY66dV2KV3L8LbPmcDMbboi_DNDOw
        """
    public static let es256WithoutKeyID = """
        eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViIjoiYWFhYWFhYWEtMDA\
        wMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1OTgwMCwiaWF0IjoxNzc\
        2MjU2MTQwLCJhYWwiOiJhYWwxIn0.zo0gIvhKegHt_7gskLBxxZ45u_Wb7cWQjXgFArKuRq9P6ovodOPLsu-pFg5CCvNNWptEjiN\
        9Lq8b8TFql22Ecg
        """
    public static let es256OtherKeyID = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTIifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.e-5eh4_rQztDlbZi1XQqTSF2zpKuC5VaH7OmVkCSlSayGjLfmlWaV\
        MWmwsYdJM2GUhTvzAi64RJDwymihC_fQQ
        """
    /// A signature in ASN.1, where JWS has R and S.
    public static let es256InASN1 = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.MEUCIQDaxD4XyMJU_nCVGNxnVUbBwVguJnj_00N9IVlxvhWlkQIgA\
        eICyy2rtZoILdaw4JJg7lMOqQJnsLboEvV8T4k1K14
        """
    public static let esAsRS256 = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3ViI\
        joiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1O\
        TgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.OnLAV1ZgpXUTr5Fke6XLKF_EzliOnlvyQXkX-WE86sV-_Onjo08kU\
        qsalivX4lKDXuWsM2Ez32I8wA7f7et9tg
        """
    public static let rsAsES256 = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL3Byb2plY3QuZXhhbXBsZS9hdXRoL3YxIiwic3Vi\
        IjoiYWFhYWFhYWEtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6MTc3NjI1\
        OTgwMCwiaWF0IjoxNzc2MjU2MTQwLCJhYWwiOiJhYWwxIn0.daUAacluED82ZbKQ9169bqOVp5iC2JuHaalqxK2z0Vusdj5EysDK\
        Coze06bNJAvCry0Dxd8FG2BLAiLRWk9Ek2B1h57EUEPgJG6zUPbrQPSgK9MTyRxVy3eTdDFvQUnicZbb3drjl3fGRDrneRE9d_kM\
        IKp-jvNplT-YgIqPjFbs1MmYMdLJ1_rdbxbbhjknbMW8AupU1xzCWtHz5nB7k-kr_v-BZd5Bj8D-l05-cCcsOJ7u9ZY6QK0zO1AG\
        s9FGUCvabA0M_q1WfAAgX_r1Sdroct6NK2Y13GCiQGHb7WT5SB4bHwxY1_tBrt_X-DylXMwoM092xIM_uZlFouHnBA
        """
}
